/**
 * Writes entries of a backup below one folder, and nowhere else: names have no ".." or "/" in them (the
 * parsers see to that), and no link that stands in the target is ever followed.
 *
 * A file appears under its name only when it is whole and has its attributes. Calls are synchronous on
 * purpose: tens of thousands of small files take longer to wait for than to write.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { DuplifsError, encodeName } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';
import type { RestoreEvent } from './events.js';
import { folderOf, joinName, typeAt } from './file-bytes.js';
import { makeNode } from './make-node.js';

export interface TreeWriterOptions {
  /** Set owners, as far as the user may. */
  readonly ownership: boolean;
  /** Replace what is in the way, but for folders that hold something. */
  readonly force: boolean;
  readonly report: Report<RestoreEvent>;
}

export class TreeWriter {
  readonly #target: Buffer;
  readonly #options: TreeWriterOptions;
  #temporaries = 0;
  #ownershipRefused = false;

  /** `target` is a path of the file system; what is written lies below it or is itself. */
  constructor(target: string, options: TreeWriterOptions) {
    this.#target = encodeName(target);
    this.#options = options;
  }

  /** Makes a folder, or uses the one that is there. Its attributes are set by finishFolder. */
  makeFolder(path: string): void {
    const at = this.#at(path);
    const there = typeAt(at);
    if (there === 'folder') return;
    if (there === 'other') this.#clear(at);
    mkdirSync(at, { mode: 0o700 });
  }

  /** Lets more be written into a folder that was finished. */
  reopenFolder(path: string): void {
    const at = this.#at(path);
    if (typeAt(at) === 'folder') chmodSync(at, 0o700);
  }

  /** Sets a folder's attributes, once all that it holds is written. */
  finishFolder(path: string, entry: SnapshotEntry): void {
    const at = this.#at(path);
    if (typeAt(at) !== 'folder') {
      throw new DuplifsError('TARGET', 'The folder was replaced while it was restored');
    }
    this.#setAttributes(at, entry);
  }

  /** Writes a regular file from its chunks; on any error nothing is left of it. */
  async writeFile(
    path: string,
    entry: SnapshotEntry,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const temporary = this.#temporary(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = openSync(temporary, flags, 0o600);
    try {
      try {
        for await (const chunk of chunks) writeAll(file, chunk);
        const owned = this.#own(() => {
          fchownSync(file, entry.uid, entry.gid);
        });
        fchmodSync(file, modeOf(entry, owned));
        futimesSync(file, entry.mtimeSeconds, entry.mtimeSeconds);
      } finally {
        closeSync(file);
      }
      this.#moveIn(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** A symbolic link, a fifo or a device. */
  writeSpecial(path: string, entry: SnapshotEntry): void {
    const temporary = this.#temporary(path);
    try {
      if (entry.type === 'sym') {
        symlinkSync(encodeName(entry.linkTarget ?? ''), temporary);
        this.#own(() => {
          lchownSync(temporary, entry.uid, entry.gid);
        });
        lutimesSync(temporary, entry.mtimeSeconds, entry.mtimeSeconds);
      } else {
        makeNode(temporary, entry.type, entry.device);
        this.#setAttributes(temporary, entry);
      }
      this.#moveIn(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #at(path: string): Buffer {
    return path === '' ? this.#target : joinName(this.#target, encodeName(path));
  }

  /** A name that is free, in the folder that the path lies in. */
  #temporary(path: string): Buffer {
    this.#temporaries += 1;
    const name = `.duplifs-restore-${process.pid}-${this.#temporaries}`;
    return joinName(folderOf(this.#at(path)), Buffer.from(name));
  }

  #setAttributes(at: Buffer, entry: SnapshotEntry): void {
    const owned = this.#own(() => {
      lchownSync(at, entry.uid, entry.gid);
    });
    chmodSync(at, modeOf(entry, owned));
    utimesSync(at, entry.mtimeSeconds, entry.mtimeSeconds);
  }

  /** Sets an owner where that is wanted; whoever is not root keeps what is his, and is told once. */
  #own(change: () => void): boolean {
    if (!this.#options.ownership) return false;
    try {
      change();
      return true;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
      if (!this.#ownershipRefused) {
        this.#options.report({ level: 'warning', code: 'owners-not-restored' });
        this.#ownershipRefused = true;
      }
      return false;
    }
  }

  #moveIn(temporary: Buffer, path: string): void {
    const at = this.#at(path);
    const there = typeAt(at);
    if (there === 'folder')
      rmdirSync(at); // only an empty folder gives way
    else if (there === 'other' && !this.#options.force) throw inTheWay();
    renameSync(temporary, at);
  }

  #clear(at: Buffer): void {
    if (!this.#options.force) throw inTheWay();
    rmSync(at);
  }
}

/** Setuid and setgid make no sense for an owner that could not be set. */
function modeOf(entry: SnapshotEntry, owned: boolean): number {
  return owned ? entry.mode : entry.mode & 0o1777;
}

function inTheWay(): DuplifsError {
  return new DuplifsError('TARGET', 'Something else is in its place', {
    hint: 'Restore into a new folder, or replace what is there with --force',
  });
}

function writeAll(file: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
}
