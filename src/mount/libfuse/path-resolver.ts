/** From paths, which libfuse speaks, to the inodes of a ReadOnlyFileSystem. */
import { LRUCache } from 'lru-cache';
import { FileSystemError } from '../file-system-error.js';
import { rootIno } from '../file-system.js';
import type { Attributes, ReadOnlyFileSystem } from '../file-system.js';
import { nameOf } from './alias.js';

/** Some 30 MB; what falls out is looked up again, folder by folder. */
const cachedPaths = 100_000;

export class PathResolver {
  readonly #fs: ReadOnlyFileSystem;
  readonly #known = new LRUCache<string, Attributes>({ max: cachedPaths });

  constructor(fs: ReadOnlyFileSystem) {
    this.#fs = fs;
  }

  /** What lies at an absolute path, as libfuse writes it ("/" is the root). */
  async resolve(path: string, signal: AbortSignal): Promise<Attributes> {
    if (path === '/') return this.#root(signal);
    const cached = this.#known.get(path);
    if (cached !== undefined) return cached;
    const slash = path.lastIndexOf('/');
    const parent = await this.resolve(slash <= 0 ? '/' : path.slice(0, slash), signal);
    if (parent.kind !== 'dir') throw new FileSystemError('ENOTDIR');
    const name = nameOf(path.slice(slash + 1));
    const node = name === undefined ? undefined : await this.#fs.lookup(parent.ino, name, signal);
    if (node === undefined) throw new FileSystemError('ENOENT');
    this.#keep(path, parent.ino, node);
    return node;
  }

  /** Forgets everything: a name has a new meaning. */
  clear(): void {
    this.#known.clear();
  }

  async #root(signal: AbortSignal): Promise<Attributes> {
    const root = await this.#fs.getattr(rootIno, signal);
    if (root === undefined) throw new FileSystemError('ENOENT');
    return root;
  }

  #keep(path: string, parent: number, node: Attributes): void {
    const seconds = Math.min(this.#fs.cacheSeconds(parent), this.#fs.cacheSeconds(node.ino));
    if (seconds > 0) this.#known.set(path, node, { ttl: seconds * 1000 });
  }
}
