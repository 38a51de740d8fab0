/**
 * Writes entries of a backup below one folder, and nowhere else: names have no ".." or "/" in them (the
 * parsers see to that), everything is made and changed relative to a descriptor of the folder that it lies in
 * (descriptors.ts), and no link that stands below the target is ever followed, also when somebody plants it there
 * meanwhile. The target itself may be a link: it is followed when the restore begins.
 *
 * A file appears under its name only when it is whole and has its attributes. Calls are synchronous on
 * purpose: tens of thousands of small files take longer to wait for than to write.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { DuplifsError, encodeName } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';
import { hasDescriptors, isSameNode, OpenFolder, OpenNode } from './descriptors.js';
import type { RestoreEvent } from './events.js';
import { folderOf, nameIn, typeAt, withoutSlashes } from './file-bytes.js';
import { loadFolderCalls } from './folder-calls.js';
import type { FolderCalls } from './folder-calls.js';
import { FolderStack, replaced } from './folder-stack.js';
import { makeNode } from './make-node.js';
import { SparseFile, writeAtOnce } from './sparse-file.js';

export interface TreeWriterOptions {
  /** Set owners, as far as the user may. */
  readonly ownership: boolean;
  /** Make holes of long runs of zeros. */
  readonly sparse: boolean;
  /** Replace what is in the way, but for folders that hold something. */
  readonly force: boolean;
  readonly report: Report<RestoreEvent>;
}

/** Where an entry is to stand. */
interface Place {
  readonly folder: OpenFolder;
  readonly name: Buffer;
}

/** A file that has no name yet but that of a temporary one, and is open. */
interface NewFile {
  readonly place: Place;
  readonly temporary: string;
  readonly descriptor: number;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export class TreeWriter {
  readonly #target: Buffer;
  readonly #options: TreeWriterOptions;
  /** From the target, which may be a link, to the innermost folder that is being written. */
  readonly #folders = new FolderStack();
  /** The folder that the target lies in. */
  #outside: OpenFolder | undefined;
  #temporaries = 0;
  #calls: FolderCalls | undefined;
  #ownershipRefused = false;

  /** `target` is a path of the file system; what is written lies below it or is itself. */
  constructor(target: string, options: TreeWriterOptions) {
    this.#target = withoutSlashes(encodeName(target));
    this.#options = options;
  }

  /**
   * Makes a folder, or uses the one that is there, and goes into it: what is written next lies in it, until
   * finishFolder.
   */
  makeFolder(path: string): void {
    if (path === '') {
      this.#enterTarget();
      return;
    }
    const { folder, name } = this.#placeOf(path);
    this.#folders.enter(name, this.#makeIn(folder, name));
  }

  /** Goes into a folder that was finished, and lets more be written into it. */
  reopenFolder(path: string): void {
    if (path === '') {
      this.#enterTarget();
    } else {
      const { folder, name } = this.#placeOf(path);
      this.#folders.enter(name, folder.enter(name));
    }
    this.#folders.current.setMode(0o700);
  }

  /** Sets the attributes of the folder that was made last, once all that it holds is written, and leaves it. */
  finishFolder(entry: SnapshotEntry): void {
    try {
      const folder = this.#folders.current;
      if (!isSameNode(this.#nodeAtItsName(), folder.stats)) throw replaced();
      this.#setAttributes(folder, entry);
    } finally {
      this.#folders.leave();
    }
  }

  /** Has many files written with less work each: it takes a moment to prepare. */
  async prepareForMany(): Promise<void> {
    if (hasDescriptors()) this.#calls = await loadFolderCalls();
  }

  /** Writes a regular file from its chunks; on any error nothing is left of it. */
  async writeFile(
    path: string,
    entry: SnapshotEntry,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const file = this.#create(path);
    try {
      const content = new SparseFile(file.descriptor, this.#options.sparse);
      for await (const chunk of chunks) content.write(chunk);
      content.end();
    } catch (error) {
      this.#discard(file);
      throw error;
    }
    this.#finish(file, entry);
  }

  /** The same for one whose bytes are all at hand. */
  writeWholeFile(path: string, entry: SnapshotEntry, bytes: Buffer): void {
    const file = this.#create(path);
    try {
      writeAtOnce(file.descriptor, bytes, this.#options.sparse);
    } catch (error) {
      this.#discard(file);
      throw error;
    }
    this.#finish(file, entry);
  }

  /** A symbolic link, a fifo or a device. */
  writeSpecial(path: string, entry: SnapshotEntry): void {
    const { type } = entry;
    if (type === 'dir' || type === 'reg') throw new Error(`not special: ${type}`);
    const place = this.#placeOf(path);
    const name = this.#temporaryName();
    const temporary = place.folder.at(Buffer.from(name));
    try {
      if (type === 'sym') symlinkSync(encodeName(entry.linkTarget ?? ''), temporary);
      else makeNode(place.folder, name, type, entry.device);
      const node = OpenNode.made(temporary, type);
      try {
        this.#setAttributes(node, entry);
      } finally {
        node.close();
      }
      this.#moveIn(name, place);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  }

  /** Lets go of all folders. */
  close(): void {
    this.#folders.close();
    this.#outside?.close();
    this.#outside = undefined;
  }

  #enterTarget(): void {
    const target = this.#target;
    const { outermost } = this.#folders;
    if (outermost !== undefined) {
      this.#folders.enter(target, outermost);
      return;
    }
    const there = lstatSync(target, { throwIfNoEntry: false });
    const isLink = there?.isSymbolicLink() === true;
    if (isLink && statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) {
      this.#folders.enter(target, OpenFolder.follow(target));
    } else if (nameIn(target).length === 0) {
      this.#folders.enter(target, OpenFolder.follow(target)); // the root of the file system
    } else {
      const { folder, name } = this.#targetPlace();
      this.#folders.enter(target, this.#makeIn(folder, name));
    }
  }

  #makeIn(folder: OpenFolder, name: Buffer): OpenFolder {
    const at = folder.at(name);
    const there = typeAt(at);
    if (there !== 'folder') {
      if (there === 'other') {
        if (!this.#options.force) throw inTheWay();
        unlinkSync(at);
      }
      mkdirSync(at, { mode: 0o700 });
    }
    return folder.enter(name);
  }

  /** Where an entry belongs: entries come folder by folder, each after the one that it lies in. */
  #placeOf(path: string): Place {
    if (path === '') return this.#targetPlace();
    return { folder: this.#folders.current, name: nameIn(encodeName(path)) };
  }

  #targetPlace(): Place {
    this.#outside ??= OpenFolder.follow(folderOf(this.#target));
    return { folder: this.#outside, name: nameIn(this.#target) };
  }

  /** What stands now where the innermost folder was. */
  #nodeAtItsName() {
    const around = this.#folders.around;
    const options = { bigint: true, throwIfNoEntry: false } as const;
    return around === undefined
      ? statSync(this.#target, options)
      : lstatSync(around.folder.at(around.name), options);
  }

  /** A name that is free. */
  #temporaryName(): string {
    this.#temporaries += 1;
    return `.duplifs-restore-${process.pid}-${this.#temporaries}`;
  }

  #setAttributes(node: OpenNode, entry: SnapshotEntry): void {
    const owned = this.#own(node, entry);
    if (entry.type !== 'sym') node.setMode(modeOf(entry, owned));
    node.setTime(entry.mtimeSeconds);
  }

  #own(node: OpenNode, { uid, gid }: SnapshotEntry): boolean {
    if (!this.#options.ownership) return false;
    try {
      node.setOwner(uid, gid);
      return true;
    } catch (error) {
      this.#refuseOwner(error);
      return false;
    }
  }

  #ownFile(descriptor: number, { uid, gid }: SnapshotEntry): boolean {
    if (!this.#options.ownership) return false;
    try {
      fchownSync(descriptor, uid, gid);
      return true;
    } catch (error) {
      this.#refuseOwner(error);
      return false;
    }
  }

  /** Whoever is not root keeps what is his, and is told once. */
  #refuseOwner(error: unknown): void {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
    if (this.#ownershipRefused) return;
    this.#options.report({ level: 'warning', code: 'owners-not-restored' });
    this.#ownershipRefused = true;
  }

  /** A new file of our own, open for writing. */
  #create(path: string): NewFile {
    const place = this.#placeOf(path);
    const temporary = this.#temporaryName();
    const { descriptor: within } = place.folder;
    const made = within === undefined ? undefined : this.#calls?.create(within, temporary);
    const descriptor = made ?? openSync(place.folder.at(Buffer.from(temporary)), newFile, 0o600);
    return { place, temporary, descriptor };
  }

  /** Gives a file that has all its bytes its attributes, and its name. */
  #finish(file: NewFile, entry: SnapshotEntry): void {
    const { place, temporary, descriptor } = file;
    try {
      const owned = this.#ownFile(descriptor, entry);
      fchmodSync(descriptor, modeOf(entry, owned));
      futimesSync(descriptor, entry.mtimeSeconds, entry.mtimeSeconds);
    } catch (error) {
      this.#discard(file);
      throw error;
    }
    try {
      closeSync(descriptor);
      this.#moveIn(temporary, place);
    } catch (error) {
      removeIfThere(place.folder.at(Buffer.from(temporary)));
      throw error;
    }
  }

  #discard({ place, temporary, descriptor }: NewFile): void {
    try {
      closeSync(descriptor);
    } finally {
      removeIfThere(place.folder.at(Buffer.from(temporary)));
    }
  }

  #moveIn(temporary: string, { folder, name }: Place): void {
    const { descriptor } = folder;
    if (this.#calls !== undefined && descriptor !== undefined && !name.includes(0)) {
      if (this.#calls.rename(descriptor, temporary, Buffer.concat([name, zeroByte]))) return;
    }
    const at = folder.at(name);
    const there = typeAt(at);
    if (there === 'folder')
      rmdirSync(at); // only an empty folder gives way
    else if (there === 'other' && !this.#options.force) throw inTheWay();
    renameSync(folder.at(Buffer.from(temporary)), at);
  }
}

const zeroByte = Buffer.alloc(1);

function removeIfThere(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch {
    // it was not made, or is gone
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
