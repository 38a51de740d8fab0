/**
 * Items of a walk on their way between threads: their paths as one text and the rest as numbers, for objects cost
 * more to copy than to make.
 */
import type { EntryType } from '../../archive/index.js';
import type { WalkEntry, WalkItem } from './walk-item.js';

export interface ItemBatch {
  /** Joined by NUL, which no path contains. */
  readonly paths: string;
  /** numbersPerItem for each, see `encodeItems`. */
  readonly numbers: Float64Array;
  /** The targets of symbolic links and the reasons of what is unreadable, in order. */
  readonly texts: readonly string[];
  /** Major and minor number of each device, in order. */
  readonly devices: readonly number[];
}

const numbersPerItem = 8;
/** In the order of their numbers. */
const types: readonly EntryType[] = ['reg', 'dir', 'sym', 'fifo', 'chr', 'blk'];
const unreadable = -1;

/** There must be at least one item. */
export function encodeItems(items: readonly WalkItem[]): ItemBatch {
  const numbers = new Float64Array(items.length * numbersPerItem);
  const texts: string[] = [];
  const devices: number[] = [];
  let at = 0;
  for (const item of items) {
    if (item.kind === 'unreadable') {
      numbers[at] = unreadable;
      texts.push(item.reason);
    } else {
      numbers[at] = types.indexOf(item.type);
      numbers[at + 1] = item.mode;
      numbers[at + 2] = item.uid;
      numbers[at + 3] = item.gid;
      numbers[at + 4] = item.size;
      numbers[at + 5] = item.mtimeMs;
      numbers[at + 6] = item.ctimeMs;
      numbers[at + 7] = item.inode;
      if (item.linkTarget !== undefined) texts.push(item.linkTarget);
      if (item.device !== undefined) devices.push(item.device.major, item.device.minor);
    }
    at += numbersPerItem;
  }
  return { paths: items.map(({ path }) => path).join('\0'), numbers, texts, devices };
}

export function decodeItems({ paths, numbers, texts, devices }: ItemBatch): WalkItem[] {
  let at = -numbersPerItem;
  let textAt = 0;
  let deviceAt = 0;
  return paths.split('\0').map((path) => {
    at += numbersPerItem;
    const typeNumber = numbers[at] ?? unreadable;
    if (typeNumber === unreadable) {
      return { kind: 'unreadable', path, reason: texts[textAt++] ?? '' };
    }
    const mtimeMs = numbers[at + 5] ?? 0;
    const entry: WalkEntry = {
      kind: 'entry',
      path,
      type: types[typeNumber] ?? 'reg',
      mode: numbers[at + 1] ?? 0,
      uid: numbers[at + 2] ?? 0,
      gid: numbers[at + 3] ?? 0,
      size: numbers[at + 4] ?? 0,
      mtimeSeconds: Math.floor(mtimeMs / 1000),
      mtimeMs,
      ctimeMs: numbers[at + 6] ?? 0,
      inode: numbers[at + 7] ?? 0,
    };
    switch (entry.type) {
      case 'sym':
        return { ...entry, linkTarget: texts[textAt++] ?? '' };
      case 'chr':
      case 'blk':
        return {
          ...entry,
          device: { major: devices[deviceAt++] ?? 0, minor: devices[deviceAt++] ?? 0 },
        };
      default:
        return entry;
    }
  });
}
