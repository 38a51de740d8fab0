/**
 * Folders and other nodes by descriptors. What is written into a folder is named relative to the descriptor of that
 * folder (Linux: `/proc/self/fd/N/name`), and each step from one folder into the next refuses links. So nobody who may
 * rename or replace what lies in the target while it is written can have us write, or change owners and modes,
 * anywhere else.
 *
 * Node.js has no openat(2) and its like. Where there is no `/proc/self/fd` (other systems than Linux) paths are used
 * instead: links are refused as well, but between the look and the step somebody else could still plant one.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  openSync,
  statSync,
  utimesSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { DuplifsError } from '../base/index.js';
import { joinName } from './file-bytes.js';

const descriptorFolder = '/proc/self/fd';

/** Linux: a descriptor that only names a file, for which no right to read it is needed. Node.js does not export it. */
const oPath = 0o10_000_000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

let areThere: boolean | undefined;

/** Whether folders can be held by descriptors here. */
export function hasDescriptors(): boolean {
  areThere ??= process.platform === 'linux' && isFolder(descriptorFolder);
  return areThere;
}

/** What tells one node of the file systems from all others. */
export type NodeIdentity = Pick<BigIntStats, 'dev' | 'ino'>;

export function isSameNode(a: NodeIdentity | undefined, b: NodeIdentity): boolean {
  return a?.dev === b.dev && a.ino === b.ino;
}

const isOfType = {
  sym: (stats: BigIntStats) => stats.isSymbolicLink(),
  fifo: (stats: BigIntStats) => stats.isFIFO(),
  chr: (stats: BigIntStats) => stats.isCharacterDevice(),
  blk: (stats: BigIntStats) => stats.isBlockDevice(),
} as const;

/** A node that is held, whatever happens to its name. Whoever opens it closes it. */
export class OpenNode {
  /** Undefined where paths are used. */
  readonly descriptor: number | undefined;
  /** A path that leads to the node itself. */
  protected readonly self: Buffer;
  readonly stats: BigIntStats;

  /** Throws an error of the system, such as ENOENT, and ELOOP or ENOTDIR for a link. */
  protected constructor(path: Buffer, flags: number) {
    if (!hasDescriptors()) {
      this.self = path;
      const isFollowed = (flags & O_NOFOLLOW) === 0;
      const stats = (isFollowed ? statSync : lstatSync)(path, { bigint: true });
      if ((flags & O_DIRECTORY) !== 0 && !stats.isDirectory()) throw notFolder();
      this.stats = stats;
      return;
    }
    this.descriptor = openSync(path, oPath | flags);
    this.self = Buffer.from(`${descriptorFolder}/${this.descriptor}`);
    try {
      this.stats = fstatSync(this.descriptor, { bigint: true });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The link, fifo or device that we have made a moment ago; an error when something else stands there now. */
  static made(path: Buffer, type: 'sym' | 'fifo' | 'chr' | 'blk'): OpenNode {
    const node = new OpenNode(path, O_NOFOLLOW);
    // a second name would be that of somebody else's file, whose attributes are not ours to change
    if (node.stats.nlink <= 1n && isOfType[type](node.stats)) return node;
    node.close();
    throw new DuplifsError('TARGET', 'It was replaced while it was restored');
  }

  setOwner(uid: number, gid: number): void {
    // through the descriptor's name the node itself is reached, also when it is a symbolic link
    if (this.descriptor === undefined) lchownSync(this.self, uid, gid);
    else chownSync(this.self, uid, gid);
  }

  /** Not for symbolic links, which have no mode. */
  setMode(mode: number): void {
    chmodSync(this.self, mode);
  }

  setTime(mtimeSeconds: number): void {
    if (this.descriptor === undefined) lutimesSync(this.self, mtimeSeconds, mtimeSeconds);
    else utimesSync(this.self, mtimeSeconds, mtimeSeconds);
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }
}

/** A folder to write into. */
export class OpenFolder extends OpenNode {
  /** The folder at a path whose last part may be a link, which is followed. */
  static follow(path: Buffer): OpenFolder {
    return new OpenFolder(path, O_DIRECTORY);
  }

  /** The folder of this name in this one; a link is an error. */
  enter(name: Buffer): OpenFolder {
    return new OpenFolder(this.at(name), O_DIRECTORY | O_NOFOLLOW);
  }

  /** A path for what is called `name` in here. Whoever uses it takes a call that follows no links. */
  at(name: Buffer): Buffer {
    return joinName(this.self, name);
  }

  /** A working folder for another program: a path that is text, and leads here whatever the folder's name is. */
  get forOthers(): string {
    return this.self.toString().replace('/self/', `/${process.pid}/`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function notFolder(): DuplifsError {
  return new DuplifsError('TARGET', 'It is not a folder');
}
