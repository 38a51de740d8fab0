/** From an entry of a backup to what `stat` shows. */
import type { SnapshotEntry } from '../../snapshot/index.js';
import type { Attributes } from '../file-system.js';

/** `--uid`, `--gid`, `--umask`: show files as one's own. */
export interface OwnerOverride {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Permission bits taken away. */
  readonly umask?: number | undefined;
}

/** A folder has no size in a backup; file systems show a block. */
const folderSize = 4096;

/** What a snapshot's entry alone does not tell. */
export interface Measures {
  /** Of a file, in bytes. */
  readonly size: number;
  /** Of a folder; infinite where nobody counted. */
  readonly subfolders: number;
}

export function entryAttributes(
  ino: number,
  entry: SnapshotEntry,
  { size, subfolders }: Measures,
  override: OwnerOverride,
): Attributes {
  const isFolder = entry.type === 'dir';
  const shown = isFolder ? folderSize : size;
  const attributes = {
    ino,
    kind: entry.type,
    mode: entry.mode & ~(override.umask ?? 0),
    nlink: isFolder ? folderLinks(subfolders) : 1,
    uid: override.uid ?? entry.uid,
    gid: override.gid ?? entry.gid,
    size: shown,
    // a link's target lies in its inode
    blocks: entry.type === 'sym' ? 0 : Math.ceil(shown / 512),
    mtimeSeconds: entry.mtimeSeconds,
  };
  return entry.device === undefined ? attributes : { ...attributes, rdev: entry.device };
}

/** 1 where nobody counted, as ext4 and btrfs have it: `find` then does not rely on it. */
function folderLinks(subfolders: number): number {
  return Number.isFinite(subfolders) ? 2 + subfolders : 1;
}

/** A folder that the mount itself makes. */
export function folderAttributes(
  ino: number,
  mtimeSeconds: number,
  subfolders: number,
  override: OwnerOverride,
): Attributes {
  return {
    ino,
    kind: 'dir',
    mode: 0o755 & ~(override.umask ?? 0),
    nlink: 2 + subfolders,
    uid: override.uid ?? process.getuid?.() ?? 0,
    gid: override.gid ?? process.getgid?.() ?? 0,
    size: folderSize,
    blocks: folderSize / 512,
    mtimeSeconds,
  };
}
