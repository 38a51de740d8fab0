/**
 * A file system in memory for the tests of the engines: a tree built by calls, files whose bytes are
 * computed from their offset (so that 5 GiB cost nothing), and nodes that wait or fail on purpose.
 */
import { FileSystemError } from '../../../src/mount/file-system-error.js';
import { rootIno } from '../../../src/mount/file-system.js';
import type {
  Attributes,
  DirectoryEntry,
  FileSystemStatistics,
  MaybePromise,
  NodeKind,
  ReadOnlyFileSystem,
} from '../../../src/mount/file-system.js';
import { defined } from '../../../src/base/index.js';

export interface NodeOptions {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtimeSeconds?: number;
  readonly rdev?: { readonly major: number; readonly minor: number };
  readonly nlink?: number;
  /** Answers about this node wait so long, or until they are aborted. */
  readonly delayMs?: number;
  /** Reading it, or looking into it, ends with this. */
  readonly failure?: Error;
  /** Listings do not tell its attributes. */
  readonly lazy?: boolean;
}

interface Node extends NodeOptions {
  readonly attributes: Attributes;
  readonly parent: number;
  /** Of a folder; listings follow the order of insertion, with the position as cookie. */
  readonly children?: Map<string, number>;
  readonly names?: string[];
  readonly target?: string;
  readonly data?: Uint8Array;
}

interface NewNode extends Partial<Omit<Node, 'attributes' | 'parent'>> {
  readonly kind: NodeKind;
  readonly size: number;
}

/** The byte at an offset of a computed file: differs between blocks and within them. */
export function patternByte(offset: number): number {
  return (offset + Math.floor(offset / 4096) * 7 + Math.floor(offset / 2 ** 30) * 13) & 0xff;
}

export class MemoryFileSystem implements ReadOnlyFileSystem {
  readonly #nodes = new Map<number, Node>();
  #next = rootIno;
  cacheFor = 86_400;
  /** How often each method was asked, and what was aborted. */
  readonly calls: Record<string, number> = {};
  aborted = 0;

  constructor() {
    this.#add(0, { kind: 'dir', size: 0, children: new Map(), names: [] }, { mode: 0o755 });
  }

  folder(parent: number, name: string, options: NodeOptions = {}): number {
    const node: NewNode = { kind: 'dir', size: 4096, children: new Map(), names: [] };
    return this.#link(parent, name, this.#add(parent, node, { mode: 0o755, ...options }));
  }

  file(
    parent: number,
    name: string,
    content: string | Uint8Array | number,
    options: NodeOptions = {},
  ): number {
    const data = typeof content === 'string' ? Buffer.from(content) : content;
    const size = typeof data === 'number' ? data : data.length;
    const node = {
      kind: 'reg',
      size,
      ...defined({ data: typeof data === 'number' ? undefined : data }),
    } as const;
    return this.#link(parent, name, this.#add(parent, node, options));
  }

  symlink(parent: number, name: string, target: string): number {
    const node = { kind: 'sym', size: Buffer.byteLength(target), target } as const;
    return this.#link(parent, name, this.#add(parent, node, { mode: 0o777 }));
  }

  special(parent: number, name: string, kind: NodeKind, options: NodeOptions = {}): number {
    return this.#link(parent, name, this.#add(parent, { kind, size: 0 }, options));
  }

  remove(parent: number, name: string): void {
    this.#node(parent).children?.delete(name);
  }

  lookup(parent: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined> {
    this.#count('lookup');
    const folder = this.#folder(parent);
    const ino = folder.children.get(name);
    if (ino === undefined) return undefined;
    const node = this.#node(ino);
    return node.lazy === true ? this.#after(node, signal, () => node.attributes) : node.attributes;
  }

  getattr(ino: number): Attributes | undefined {
    this.#count('getattr');
    return this.#nodes.get(ino)?.attributes;
  }

  readdir(
    ino: number,
    cookie: number,
    limit: number,
    signal: AbortSignal,
  ): MaybePromise<readonly DirectoryEntry[]> {
    this.#count('readdir');
    const folder = this.#folder(ino);
    return this.#after(folder, signal, () => this.#list(folder, cookie, limit));
  }

  readlink(ino: number): string {
    this.#count('readlink');
    const { target } = this.#node(ino);
    if (target === undefined) throw new FileSystemError('EINVAL');
    return target;
  }

  read(ino: number, offset: number, length: number, signal: AbortSignal): MaybePromise<Uint8Array> {
    this.#count('read');
    const node = this.#node(ino);
    return this.#after(node, signal, () => bytesOf(node, offset, length));
  }

  parentOf(ino: number): number {
    return this.#node(ino).parent || rootIno;
  }

  readonly listsXattrs: boolean = true;

  xattrs(ino: number): ReadonlyMap<string, Uint8Array> {
    this.#count('xattrs');
    return new Map([
      ['user.duplifs.ino', Buffer.from(String(ino))],
      ['user.duplifs.set', Buffer.from('2026-11-20T20-13-58Z')],
    ]);
  }

  statfs(): FileSystemStatistics {
    this.#count('statfs');
    return { blockSize: 4096, blocks: 2_000_000, files: this.#nodes.size };
  }

  cacheSeconds(): number {
    return this.cacheFor;
  }

  #list(folder: FolderNode, cookie: number, limit: number): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    for (let at = cookie; at < folder.names.length && entries.length < limit; at += 1) {
      const name = folder.names[at] ?? '';
      const ino = folder.children.get(name);
      if (ino === undefined) continue;
      const { attributes, lazy } = this.#node(ino);
      const entry = { name, ino, kind: attributes.kind, cookie: at + 1 };
      entries.push(lazy === true ? entry : { ...entry, attributes });
    }
    return entries;
  }

  #after<T>(node: Node, signal: AbortSignal, value: () => T): MaybePromise<T> {
    if (node.failure !== undefined) throw node.failure;
    if (node.delayMs === undefined) return value();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        resolve(value());
      }, node.delayMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        this.aborted += 1;
        reject(new Error('aborted'));
      });
    });
  }

  #add(parent: number, { kind, size, ...extra }: NewNode, options: NodeOptions): number {
    const ino = this.#next;
    this.#next += 1;
    const attributes: Attributes = {
      ino,
      kind,
      mode: options.mode ?? 0o644,
      nlink: options.nlink ?? (kind === 'dir' ? 2 : 1),
      uid: options.uid ?? 0,
      gid: options.gid ?? 0,
      size,
      blocks: Math.ceil(size / 512),
      mtimeSeconds: options.mtimeSeconds ?? 1_700_000_000,
      ...defined({ rdev: options.rdev }),
    };
    this.#nodes.set(ino, { ...options, ...extra, parent, attributes });
    return ino;
  }

  #link(parent: number, name: string, ino: number): number {
    const folder = this.#folder(parent);
    if (!folder.children.has(name)) folder.names.push(name);
    folder.children.set(name, ino);
    if (this.#node(ino).attributes.kind === 'dir') {
      const attributes = { ...folder.attributes, nlink: folder.attributes.nlink + 1 };
      this.#nodes.set(parent, { ...folder, attributes });
    }
    return ino;
  }

  #node(ino: number): Node {
    const node = this.#nodes.get(ino);
    if (node === undefined) throw new FileSystemError('ESTALE');
    return node;
  }

  #folder(ino: number): FolderNode {
    const node = this.#node(ino);
    const { children, names } = node;
    if (children === undefined || names === undefined) throw new FileSystemError('ENOTDIR');
    return { ...node, children, names };
  }

  #count(method: string): void {
    this.calls[method] = (this.calls[method] ?? 0) + 1;
  }
}

type FolderNode = Node & Required<Pick<Node, 'children' | 'names'>>;

/** Most read calls are answered from here: the pattern repeats each MiB within one GiB. */
const patternBlocks = new Map<number, Uint8Array>();
const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

function bytesOf(node: Node, offset: number, length: number): Uint8Array {
  if (node.data !== undefined) return node.data.subarray(offset, offset + length);
  const end = Math.min(node.attributes.size, offset + length);
  if (end <= offset) return new Uint8Array();
  const gib = Math.floor(offset / gibibyte);
  if (end > (gib + 1) * gibibyte || end - offset > mebibyte) {
    return Uint8Array.from({ length: end - offset }, (_, at) => patternByte(offset + at));
  }
  let block = patternBlocks.get(gib);
  if (block === undefined) {
    block = Uint8Array.from({ length: 2 * mebibyte }, (_, at) => patternByte(gib * gibibyte + at));
    patternBlocks.set(gib, block);
  }
  return block.subarray(offset % mebibyte, (offset % mebibyte) + end - offset);
}
