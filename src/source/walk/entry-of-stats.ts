import type { Stats } from 'node:fs';
import type { EntryType } from '../../archive/index.js';
import type { WalkEntry } from './walk-item.js';

const typeOfMode: ReadonlyMap<number, EntryType> = new Map([
  [0o100000, 'reg'],
  [0o040000, 'dir'],
  [0o120000, 'sym'],
  [0o010000, 'fifo'],
  [0o020000, 'chr'],
  [0o060000, 'blk'],
]);

/** The entry, without its link target; undefined for what no backup holds (sockets). */
export function entryOfStats(path: string, stats: Stats): WalkEntry | undefined {
  const type = typeOfMode.get(stats.mode & 0o170000);
  if (type === undefined) return undefined;
  const entry = {
    kind: 'entry',
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    mtimeSeconds: Math.floor(stats.mtimeMs / 1000),
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    inode: stats.ino,
  } as const;
  const isDevice = type === 'chr' || type === 'blk';
  return isDevice ? { ...entry, device: deviceOf(stats.rdev) } : entry;
}

/** Device numbers lie in st_rdev in four parts (glibc's gnu_dev_major and gnu_dev_minor). */
function deviceOf(rdev: number): { major: number; minor: number } {
  const high = Math.floor(rdev / 2 ** 32);
  const middle = Math.floor(rdev / 2 ** 12);
  return {
    major: (((rdev >>> 8) & 0xfff) | (high & 0xfffff000)) >>> 0,
    minor: ((rdev & 0xff) | (middle & 0xffffff00)) >>> 0,
  };
}
