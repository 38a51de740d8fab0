import type { EntryType } from '../../archive/index.js';

/** A path of the source as lstat shows it. */
export interface WalkEntry {
  readonly kind: 'entry';
  /** Components joined by "/"; the root is "". */
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes, also of folders. */
  readonly size: number;
  /** Whole seconds, rounded down; may be negative. */
  readonly mtimeSeconds: number;
  /** To tell whether a file is still the one that it was: milliseconds with all digits there are. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  /** Symbolic links only. */
  readonly linkTarget?: string;
  /** Devices only. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Kept by compare/seen-file.ts, which needs it twice. */
  facts?: string;
}

/**
 * A path that is there and cannot be looked at, or a folder that cannot be listed. The backup keeps its
 * last version and that of everything below it, of which the walk says nothing.
 */
export interface WalkUnreadable {
  readonly kind: 'unreadable';
  readonly path: string;
  /** Why, as the system says it. */
  readonly reason: string;
}

export type WalkItem = WalkEntry | WalkUnreadable;
