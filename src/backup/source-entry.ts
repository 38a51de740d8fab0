import type { EntryType } from '../archive/index.js';

/** A path of the source as lstat shows it. */
export interface SourceEntry {
  readonly kind: 'entry';
  /** Components joined by "/"; the root is "". */
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes, also of folders. */
  readonly size: number;
  /** Whole seconds, as they are: they may be negative. */
  readonly mtimeSeconds: number;
  /** To tell whether a file is still the one that it was: milliseconds with all digits there are. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly linkTarget?: string;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** A path that could not be looked at: it and what is below it keep their last version. */
export interface UnreadableSource {
  readonly kind: 'unreadable';
  readonly path: string;
}

export type SourceItem = SourceEntry | UnreadableSource;

/** The source in the order of the format (docs/format/1-bytes.md 4.4), some items at a time. */
export type SourceWalk = AsyncIterable<readonly SourceItem[]>;
