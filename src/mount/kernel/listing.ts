/**
 * READDIR and READDIRPLUS. The offsets that the kernel sees: 1 after ".", 2 after "..", and a cookie of
 * the file system plus 2 after each of its entries.
 */
import { encodeName } from '../../base/index.js';
import { rootIno } from '../file-system.js';
import type { DirectoryEntry, MaybePromise, ReadOnlyFileSystem } from '../file-system.js';
import {
  direntplusSize,
  direntSize,
  encodeDirent,
  encodeDirentplus,
  unknownIno,
} from './encode.js';
import type { EntryTimes, ListedEntry } from './encode.js';
import { structs } from './protocol.js';

const dots = 2;
const dot = Uint8Array.of(0x2e);
const dotDot = Uint8Array.of(0x2e, 0x2e);
/** A guess of a name's length, to ask for as many entries as the buffer will hold. */
const usualNameBytes = 20;
/** However large the buffer, one answer must not hold the event loop. */
const mostEntries = 1024;

export interface ListingRequest {
  readonly ino: number;
  /** 0, or the offset of the last entry that was listed. */
  readonly offset: number;
  /** The bytes that the kernel takes. */
  readonly size: number;
  readonly withAttributes: boolean;
}

/** The entries to list next. */
export function entriesAfter(
  fs: ReadOnlyFileSystem,
  { ino, offset, size, withAttributes }: ListingRequest,
  signal: AbortSignal,
): MaybePromise<readonly DirectoryEntry[]> {
  const fixed = withAttributes ? structs.direntplus.size : structs.dirent.size;
  const fitting = Math.floor(size / (fixed + usualNameBytes));
  const limit = Math.max(1, Math.min(mostEntries, fitting));
  return fs.readdir(ino, Math.max(0, offset - dots), limit, signal);
}

/** Where a listing is encoded: from `at` on, before `end`. */
export interface ListingRoom {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

/** What a listing has to know of the file system besides the entries. */
export interface ListingContext {
  readonly fs: Pick<ReadOnlyFileSystem, 'parentOf'>;
  readonly timesOf: (parent: number, child: number) => EntryTimes;
}

/**
 * Encodes entries, as many as fit; returns the offset after the last, or undefined when there are entries and
 * not even the first fits.
 */
export function encodeListing(
  { view, at, end }: ListingRoom,
  { ino, offset, withAttributes }: ListingRequest,
  entries: readonly DirectoryEntry[],
  { fs, timesOf }: ListingContext,
): number | undefined {
  const sizeOf = withAttributes ? direntplusSize : direntSize;
  let position = at;
  const put = (entry: ListedEntry): boolean => {
    if (position + sizeOf(entry.name.length) > end) return false;
    position = withAttributes
      ? encodeDirentplus(view, position, entry, timesOf(ino, entry.ino))
      : encodeDirent(view, position, entry);
    return true;
  };
  if (offset < 1 && !put({ name: dot, ino, kind: 'dir', offset: 1 })) return undefined;
  if (offset < 2) {
    const parent = ino === rootIno ? ino : (fs.parentOf?.(ino) ?? unknownIno);
    if (!put({ name: dotDot, ino: parent, kind: 'dir', offset: 2 })) return position;
  }
  for (const entry of entries) {
    const { kind, attributes } = entry;
    const listed = {
      name: encodeName(entry.name),
      ino: entry.ino,
      kind,
      offset: entry.cookie + dots,
      attributes,
    };
    if (!put(listed)) break;
  }
  return position === at && entries.length > 0 ? undefined : position;
}
