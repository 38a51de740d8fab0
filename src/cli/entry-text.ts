/** Entries of a backup in columns, as ls(1) and find(1) have them. */
import { encodeName } from '../base/index.js';
import type { SnapshotEntry } from '../snapshot/index.js';

const letters = { reg: '-', dir: 'd', sym: 'l', fifo: 'p', chr: 'c', blk: 'b' } as const;
const bits = [
  [0o400, 'r'],
  [0o200, 'w'],
  [0o100, 'x'],
  [0o040, 'r'],
  [0o020, 'w'],
  [0o010, 'x'],
  [0o004, 'r'],
  [0o002, 'w'],
  [0o001, 'x'],
] as const;
const sizeWidth = 12;

/** As `drwxr-xr-x`. */
export function modeText({ type, mode }: Pick<SnapshotEntry, 'type' | 'mode'>): string {
  const letterAt = bits.map(([bit, letter]) => ((mode & bit) === 0 ? '-' : letter));
  const mark = (at: number, bit: number, letter: string): void => {
    if ((mode & bit) === 0) return;
    const isExecutable = letterAt[at] === 'x';
    letterAt[at] = (isExecutable ? letter : letter.toUpperCase()) as 'x';
  };
  mark(2, 0o4000, 's');
  mark(5, 0o2000, 's');
  mark(8, 0o1000, 't');
  return letters[type] + letterAt.join('');
}

type Sized = Pick<SnapshotEntry, 'type' | 'size'> & {
  readonly device?: SnapshotEntry['device'];
  readonly sizeLimit?: number;
};

/** Bytes of a regular file, "<=N" where only a bound is known, the numbers of a device; nothing of the rest. */
export function sizeText({ type, size, sizeLimit = 0, device }: Sized): string {
  if (device !== undefined) return `${device.major}, ${device.minor}`;
  if (type !== 'reg') return '-';
  if (size !== undefined) return String(size);
  return sizeLimit > 0 ? `<=${sizeLimit}` : '?';
}

/** The same, in a column. */
export function sizeColumn(entry: Sized): string {
  return sizeText(entry).padStart(sizeWidth);
}

/** A path as bytes; that of the root is ".". */
export function pathBytes(path: string): Buffer {
  return path === '' ? Buffer.from('.') : encodeName(path);
}
