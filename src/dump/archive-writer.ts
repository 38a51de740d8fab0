import type { SnapshotEntry } from '../snapshot/index.js';

/** An entry as it is to stand in an archive. */
export interface ArchivedEntry {
  /** Components joined by "/"; a folder without a slash at its end. */
  readonly name: string;
  readonly entry: SnapshotEntry;
  /** As the backup has it: whoever unpacks the archive may know other users than this machine. */
  readonly owner: StoredOwner;
}

export interface StoredOwner {
  readonly uid: number;
  readonly gid: number;
  /** Empty where the backup has no names, or none are wanted. */
  readonly userName: string;
  readonly groupName: string;
}

/** A format of archives. Calls come one after the other. */
export interface ArchiveWriter {
  /** Why the format cannot hold such an entry, as a clause; undefined where it can. */
  whyNot(archived: ArchivedEntry): string | undefined;
  /** Anything but a regular file. */
  add(archived: ArchivedEntry): Promise<void>;
  /** A regular file of exactly `size` bytes. When this fails the archive cannot be gone on with. */
  addFile(archived: ArchivedEntry, size: number, chunks: AsyncIterable<Buffer>): Promise<void>;
  /** What closes the archive. Without it whoever unpacks it must notice that it is not whole. */
  end(): Promise<void>;
}

/** Where the bytes of an archive go; resolves once more may come. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;
