/**
 * Encoders of the bodies of replies. Each writes at `at` of a view that is large enough (a reply's buffer
 * is reused and dirty, so every byte of a struct is written) and returns the offset after what it wrote.
 */
import type { Attributes, FileSystemStatistics, NodeKind } from '../file-system.js';
import { setI32, setU16, setU32, setU64 } from './layout.js';
import { structs } from './protocol.js';

/** The file type bits of st_mode. */
export const typeBits: Readonly<Record<NodeKind, number>> = {
  reg: 0o100000,
  dir: 0o040000,
  sym: 0o120000,
  fifo: 0o010000,
  chr: 0o020000,
  blk: 0o060000,
};

/** What stat(2) reports as the best size for reads. */
const statBlockSize = 4096;
const statxBasicStats = 0x7ff;
/** "Not known" as the inode of an entry, as libfuse has it: 0 would hide the entry. */
export const unknownIno = 0xffff_ffff;
const nanosecondsPerSecond = 1e9;

const { attr, attrOut, dirent, direntplus, entryOut, outHeader, statfsOut, statx, statxOut } =
  structs;

/** The header that opens every reply; `error` is a negative errno or 0, in a notification its code. */
export function encodeOutHeader(
  view: DataView,
  length: number,
  error: number,
  unique: number,
): number {
  setU32(view, outHeader.at.len, length);
  setI32(view, outHeader.at.error, error);
  setU64(view, outHeader.at.unique, unique);
  return outHeader.size;
}

export function encodeAttr(view: DataView, at: number, node: Attributes): number {
  const seconds = Math.floor(node.mtimeSeconds);
  const nanoseconds =
    Math.round((node.mtimeSeconds - seconds) * nanosecondsPerSecond) % nanosecondsPerSecond;
  setU64(view, at + attr.at.ino, node.ino);
  setU64(view, at + attr.at.size, node.size);
  setU64(view, at + attr.at.blocks, node.blocks);
  setU64(view, at + attr.at.atime, seconds);
  setU64(view, at + attr.at.mtime, seconds);
  setU64(view, at + attr.at.ctime, seconds);
  setU32(view, at + attr.at.atimensec, nanoseconds);
  setU32(view, at + attr.at.mtimensec, nanoseconds);
  setU32(view, at + attr.at.ctimensec, nanoseconds);
  setU32(view, at + attr.at.mode, typeBits[node.kind] | node.mode);
  setU32(view, at + attr.at.nlink, node.nlink);
  setU32(view, at + attr.at.uid, node.uid);
  setU32(view, at + attr.at.gid, node.gid);
  setU32(view, at + attr.at.rdev, node.rdev === undefined ? 0 : deviceNumber(node.rdev));
  setU32(view, at + attr.at.blksize, statBlockSize);
  setU32(view, at + attr.at.flags, 0);
  return at + attr.size;
}

/** How the kernel packs a device's numbers into 32 bits (new_encode_dev of its kdev_t.h). */
export function deviceNumber({ major, minor }: { major: number; minor: number }): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

export interface EntryTimes {
  /** How long the name keeps its meaning. */
  readonly entrySeconds: number;
  readonly attributeSeconds: number;
  /** Tells mounts apart for those who keep file handles (NFS). */
  readonly generation: number;
}

/** The answer to LOOKUP; without a node it is a negative entry that the kernel may keep. */
export function encodeEntry(
  view: DataView,
  at: number,
  node: Attributes | undefined,
  times: EntryTimes,
): number {
  const end = at + entryOut.size;
  if (node === undefined) clear(view, at, end);
  else encodeAttr(view, at + entryOut.at.attr, node);
  setU64(view, at + entryOut.at.nodeid, node?.ino ?? 0);
  setU64(view, at + entryOut.at.generation, times.generation);
  setValidity(
    view,
    at + entryOut.at.entry_valid,
    at + entryOut.at.entry_valid_nsec,
    times.entrySeconds,
  );
  setValidity(
    view,
    at + entryOut.at.attr_valid,
    at + entryOut.at.attr_valid_nsec,
    times.attributeSeconds,
  );
  return end;
}

/** The answer to GETATTR. */
export function encodeAttrOut(
  view: DataView,
  at: number,
  node: Attributes,
  attributeSeconds: number,
): number {
  setValidity(view, at + attrOut.at.attr_valid, at + attrOut.at.attr_valid_nsec, attributeSeconds);
  setU32(view, at + attrOut.at.dummy, 0);
  return encodeAttr(view, at + attrOut.at.attr, node);
}

/** The answer to STATX: the basic fields, and no time of birth, which no backup knows. */
export function encodeStatxOut(
  view: DataView,
  at: number,
  node: Attributes,
  attributeSeconds: number,
): number {
  const end = at + statxOut.size;
  clear(view, at, end);
  setValidity(
    view,
    at + statxOut.at.attr_valid,
    at + statxOut.at.attr_valid_nsec,
    attributeSeconds,
  );
  const stat = at + statxOut.at.stat;
  const seconds = Math.floor(node.mtimeSeconds);
  const nanoseconds =
    Math.round((node.mtimeSeconds - seconds) * nanosecondsPerSecond) % nanosecondsPerSecond;
  setU32(view, stat + statx.at.mask, statxBasicStats);
  setU32(view, stat + statx.at.blksize, statBlockSize);
  setU32(view, stat + statx.at.nlink, node.nlink);
  setU32(view, stat + statx.at.uid, node.uid);
  setU32(view, stat + statx.at.gid, node.gid);
  setU16(view, stat + statx.at.mode, typeBits[node.kind] | node.mode);
  setU64(view, stat + statx.at.ino, node.ino);
  setU64(view, stat + statx.at.size, node.size);
  setU64(view, stat + statx.at.blocks, node.blocks);
  for (const time of [statx.at.atime, statx.at.ctime, statx.at.mtime]) {
    setU64(view, stat + time + structs.sxTime.at.tv_sec, seconds);
    setU32(view, stat + time + structs.sxTime.at.tv_nsec, nanoseconds);
  }
  setU32(view, stat + statx.at.rdev_major, node.rdev?.major ?? 0);
  setU32(view, stat + statx.at.rdev_minor, node.rdev?.minor ?? 0);
  return end;
}

/** The answer to STATFS. Nothing is free. */
export function encodeStatfs(view: DataView, at: number, total: FileSystemStatistics): number {
  const end = at + statfsOut.size;
  clear(view, at, end);
  setU64(view, at + statfsOut.at.blocks, total.blocks);
  setU64(view, at + statfsOut.at.files, total.files);
  setU32(view, at + statfsOut.at.bsize, total.blockSize);
  setU32(view, at + statfsOut.at.frsize, total.blockSize);
  setU32(view, at + statfsOut.at.namelen, 255);
  return end;
}

/** The parts of a folder's entry that READDIR and READDIRPLUS share. */
export interface ListedEntry {
  readonly name: Uint8Array;
  readonly ino: number;
  readonly kind: NodeKind;
  /** Where the listing goes on after this entry. */
  readonly offset: number;
  /** Undefined where they are not known; READDIR has no use for them. */
  readonly attributes?: Attributes | undefined;
}

/** The room that an entry takes in a READDIR reply, names being padded to 8 bytes. */
export function direntSize(nameLength: number): number {
  return align8(dirent.at.name + nameLength);
}

/** The room that an entry takes in a READDIRPLUS reply. */
export function direntplusSize(nameLength: number): number {
  return direntplus.at.dirent + direntSize(nameLength);
}

export function encodeDirent(view: DataView, at: number, entry: ListedEntry): number {
  const start = at + dirent.at.name;
  const end = at + direntSize(entry.name.length);
  setU64(view, at + dirent.at.ino, entry.ino);
  setU64(view, at + dirent.at.off, entry.offset);
  setU32(view, at + dirent.at.namelen, entry.name.length);
  setU32(view, at + dirent.at.type, typeBits[entry.kind] >> 12);
  new Uint8Array(view.buffer, view.byteOffset + start, entry.name.length).set(entry.name);
  for (let pad = start + entry.name.length; pad < end; pad += 1) view.setUint8(pad, 0);
  return end;
}

/**
 * An entry with its attributes; where they are not known, node 0 tells the kernel to look the name up
 * when somebody needs them.
 */
export function encodeDirentplus(
  view: DataView,
  at: number,
  entry: ListedEntry,
  times: EntryTimes,
): number {
  const after = at + direntplus.at.dirent;
  if (entry.attributes === undefined) clear(view, at, after);
  else encodeEntry(view, at, entry.attributes, times);
  return encodeDirent(view, after, entry);
}

function setValidity(view: DataView, at: number, atNanoseconds: number, seconds: number): void {
  const whole = Math.floor(seconds);
  setU64(view, at, whole);
  setU32(view, atNanoseconds, Math.floor((seconds - whole) * nanosecondsPerSecond));
}

function clear(view: DataView, at: number, end: number): void {
  new Uint8Array(view.buffer, view.byteOffset + at, end - at).fill(0);
}

function align8(length: number): number {
  return (length + 7) & ~7;
}
