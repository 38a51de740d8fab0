/**
 * What difftars and sigtars say about one path, and its way into and out of tar headers
 * (docs/format/1-bytes.md 4.2 and 5).
 */
import type { Fail } from './damaged.js';
import type { TarHeader } from './tar/header.js';

export type EntryType = 'reg' | 'dir' | 'sym' | 'fifo' | 'chr' | 'blk';

/** A path and all that a backup keeps about it but its content. */
export interface EntryMetadata {
  /** Components joined by "/"; the root is "". */
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of owner and group; empty when the machine that wrote the backup knew none. */
  readonly userName: string;
  readonly groupName: string;
  /** Whole seconds. */
  readonly mtimeSeconds: number;
  /** Symbolic links only. */
  readonly linkTarget?: string;
  /** Devices only. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/** A path that no longer exists. */
export interface DeletedEntry {
  readonly kind: 'deleted';
  readonly path: string;
}

const typeOfFlag: Readonly<Record<string, EntryType>> = {
  '0': 'reg',
  '2': 'sym',
  '3': 'chr',
  '4': 'blk',
  '5': 'dir',
  '6': 'fifo',
};
const flagOfType = { reg: '0', sym: '2', chr: '3', blk: '4', dir: '5', fifo: '6' } as const;

/** Empty components, "." and "..", and NUL: nothing that a backup of a tree can hold. */
const impossible = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

/**
 * The path in an entry's name once its prefix is gone: one trailing slash is cut, "." is the root.
 * Throws what `fail` makes for a path that could lead out of the tree.
 */
export function pathInName(rest: string, fail: Fail): string {
  const path = rest.endsWith('/') ? rest.slice(0, -1) : rest;
  if (path === '' || path === '.') return '';
  if (!isPathInside(path)) throw fail('whose path is not one inside the backup');
  return path;
}

/** Whether a path, or what stands in one behind folders, is made of names that folders can have. */
export function isPathInside(path: string): boolean {
  return !impossible.test(path);
}

/** The entry's metadata. Throws what `fail` makes for types that no backup holds (hard links). */
export function metadataOf(header: TarHeader, path: string, fail: Fail): EntryMetadata {
  const type = typeOfFlag[header.typeflag];
  if (type === undefined) throw fail(`of the unknown type ${JSON.stringify(header.typeflag)}`);
  const { mode, uid, gid, userName, groupName, mtimeSeconds } = header;
  const common = { path, type, mode, uid, gid, userName, groupName, mtimeSeconds };
  if (type === 'sym') {
    if (header.linkName.includes('\0')) throw fail('whose link target holds a NUL');
    return { ...common, linkTarget: header.linkName };
  }
  if (type !== 'chr' && type !== 'blk') return common;
  return { ...common, device: { major: header.deviceMajor, minor: header.deviceMinor } };
}

/** The tar header of an entry that is called `name` in its tar and has `size` bytes of data. */
export function headerOf(metadata: EntryMetadata, name: string, size: number): TarHeader {
  return {
    name,
    mode: metadata.mode,
    uid: metadata.uid,
    gid: metadata.gid,
    size,
    mtimeSeconds: metadata.mtimeSeconds,
    typeflag: flagOfType[metadata.type],
    linkName: metadata.linkTarget ?? '',
    userName: metadata.userName,
    groupName: metadata.groupName,
    deviceMajor: metadata.device?.major ?? 0,
    deviceMinor: metadata.device?.minor ?? 0,
  };
}

/** The tar header of a deletion: nothing but the name. */
export function deletedHeader(path: string): TarHeader {
  return {
    name: `deleted/${path}`,
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeSeconds: 0,
    typeflag: '0',
    linkName: '',
    userName: '',
    groupName: '',
    deviceMajor: 0,
    deviceMinor: 0,
  };
}
