/** One part of what a mount shows; MountView sends each call to the view that its inode is in. */
import type { Attributes, DirectoryEntry, MaybePromise } from '../file-system.js';

export interface View {
  lookup(id: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined>;
  getattr(id: number, signal: AbortSignal): MaybePromise<Attributes | undefined>;
  readdir(
    id: number,
    cookie: number,
    limit: number,
    signal: AbortSignal,
  ): MaybePromise<readonly DirectoryEntry[]>;
  readlink(id: number, signal: AbortSignal): MaybePromise<string>;
  read(id: number, offset: number, length: number, signal: AbortSignal): MaybePromise<Uint8Array>;
  xattrs(id: number, signal: AbortSignal): MaybePromise<ReadonlyMap<string, Uint8Array>>;
  /** The inode of the folder above; undefined at the view's root. */
  parentOf(id: number): number | undefined;
  /** How long the kernel may keep what it was told, in seconds. */
  cacheSeconds(id: number): number;
}

/** What never changes may be kept for a day. */
export const unchangingSeconds = 86_400;
/** What new backup sets change. */
export const changingSeconds = 1;
