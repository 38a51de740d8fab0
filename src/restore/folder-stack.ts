/** The folders on the way from the target to what is being written, as descriptors. */
import { DuplifsError } from '../base/index.js';
import { isSameNode } from './descriptors.js';
import type { NodeIdentity, OpenFolder } from './descriptors.js';

/** Processes may have 1024 descriptors, and trees may be deeper than that. */
const mostOpen = 64;

interface Level {
  readonly name: Buffer;
  readonly identity: NodeIdentity;
  /** Undefined: closed for the time being. */
  folder: OpenFolder | undefined;
}

export class FolderStack {
  readonly #levels: Level[] = [];
  #outermost: OpenFolder | undefined;

  /** The target, once it was entered: it is kept, for its name could be another folder's the next time. */
  get outermost(): OpenFolder | undefined {
    return this.#outermost;
  }

  /** Goes into a folder, which is closed by `leave`. */
  enter(name: Buffer, folder: OpenFolder): void {
    this.#outermost ??= folder;
    this.#levels.push({ name, folder, identity: folder.stats });
    this.#closeFar(this.#levels.length);
  }

  /** The innermost folder. */
  get current(): OpenFolder {
    return this.#open(this.#levels.length - 1);
  }

  /** The folder around the innermost one, and the name that this has in it; undefined at the target itself. */
  get around(): { readonly folder: OpenFolder; readonly name: Buffer } | undefined {
    const last = this.#levels.length - 1;
    const name = this.#levels[last]?.name;
    return last < 1 || name === undefined ? undefined : { folder: this.#open(last - 1), name };
  }

  leave(): void {
    const folder = this.#levels.pop()?.folder;
    if (folder !== this.#outermost) folder?.close();
  }

  close(): void {
    while (this.#levels.length > 0) this.leave();
    this.#outermost?.close();
    this.#outermost = undefined;
  }

  /** The folder of a level, opened again by way of those around it where it was closed. */
  #open(index: number): OpenFolder {
    let from = index;
    while (from > 0 && this.#levels[from]?.folder === undefined) from -= 1;
    let folder = this.#levels[from]?.folder;
    if (folder === undefined) throw new Error('No folder is open');
    for (let at = from + 1; at <= index; at += 1) {
      const level = this.#levels[at];
      if (level === undefined) break;
      folder = folder.enter(level.name);
      level.folder = folder;
      this.#closeFar(at + 1);
      if (!isSameNode(level.identity, folder.stats)) throw replaced();
    }
    return folder;
  }

  /** Closes the folder that is too far from the end of the first `depth` levels; the target stays open. */
  #closeFar(depth: number): void {
    const level = this.#levels[depth - 1 - mostOpen];
    if (depth - 1 - mostOpen <= 0 || level === undefined) return;
    level.folder?.close();
    level.folder = undefined;
  }
}

/** Somebody has moved or replaced a folder that we write into. */
export function replaced(): DuplifsError {
  return new DuplifsError('TARGET', 'The folder was replaced while it was restored');
}
