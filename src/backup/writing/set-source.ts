/**
 * What a set is made from. A backup has a folder (folder-source.ts); `consolidate` has the tree of a chain. What writes
 * the set knows neither.
 */
import type { WalkEntry } from '../../source/index.js';
import type { Change } from '../compare/changes.js';
import type { ReadResult } from '../reading/read-request.js';
import type { ReadEvent } from '../reading/source-reader.js';
import type { OpenFile } from '../resume/set-state.js';
import type { Counts } from '../statistics.js';

/** Gives the bytes of files in the order in which they were asked for. */
export interface FileReads {
  /** The next event of the file that is first, if it is there already; its bytes must not change afterwards. */
  ready(): ReadEvent | undefined;
  /** The next event; a file must have been asked for. */
  next(): Promise<ReadEvent>;
}

/** The names of an entry's owner and group; empty where they are not known. */
export interface EntryOwner {
  readonly userName: string;
  readonly groupName: string;
}

export interface SetSource {
  readonly reads: FileReads;

  /**
   * The changes since the base of the set, or all entries of a full, in the order of paths, some at a time. `isWritten`
   * says of which paths an earlier run has written everything.
   */
  changes(
    counts: Counts,
    isWritten: (path: string) => boolean,
  ): AsyncGenerator<readonly Change[], undefined>;

  /** Asks for the bytes of a changed file. */
  request(change: ReadChange): void;

  /** To be called when nothing more is asked for, for now. */
  flush(): void;

  ownerOf(entry: WalkEntry): EntryOwner;

  /** Tells, and counts, what is to be said of a file that was read. */
  tellRead(entry: WalkEntry, result: ReadResult): void;

  /** Whether the file is still the one of which an earlier run has written a part. */
  isUntouched(open: OpenFile): Promise<boolean>;

  /** Notes that the set has an entry as it is in the source; undefined when more may come at once. */
  noteStored(entry: WalkEntry): Promise<unknown> | undefined;

  /** The same of an entry that an earlier run has written. */
  noteWritten(entry: WalkEntry): Promise<unknown> | undefined;

  /** To be called when all was read: gives back what reading holds. */
  endReading(): Promise<void>;

  /** To be called when the set is complete: what was noted counts from now on. */
  commit(): Promise<void>;

  close(): Promise<void>;
}

/** A change for which a file is read. */
export type ReadChange = Extract<Change, { kind: 'snapshot' | 'diff' }>;

export function isRead(change: Change): change is ReadChange {
  return change.kind === 'diff' || (change.kind === 'snapshot' && change.source.type === 'reg');
}
