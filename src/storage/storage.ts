/**
 * The one interface that every storage (what duplicity calls a backend) has, and all that the rest of
 * duplifs knows of it. A storage is flat: a folder, bucket prefix or the like, with files in it.
 *
 * Every error is a DuplifsError that names the URL and the file and never a credential: STORAGE_DENIED,
 * STORAGE_NOT_FOUND, NO_SPACE, ABORTED (the signal), DAMAGED (absurd answers), else STORAGE.
 * Any number of calls may run at the same time.
 */

/** A file on the storage. */
export interface StoredObject {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Seconds since the epoch; absent when the storage does not say. */
  readonly modifiedSeconds?: number | undefined;
  /** True when it lies in an archive tier (Glacier and its like) and cannot be read now. */
  readonly archived?: boolean | undefined;
}

/** Bytes [offset, offset + length); to the end of the file when there is no length. */
export interface ByteRange {
  readonly offset: number;
  readonly length?: number;
}

/**
 * What is written. An AsyncIterable is taken once, so a write of it that fails half-way cannot be tried
 * again; bytes, an `OpenFile` and a `Replayable` can.
 */
export type Body = AsyncIterable<Uint8Array> | Uint8Array;

export interface WriteOptions {
  /** The exact number of bytes in the body, if known: a body of another length is refused. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

export interface Storage {
  /** For messages and for comparing: holds no credentials. */
  readonly url: string;

  /**
   * The files directly at the target, in no particular order; no folders, links or special files. A
   * target that does not exist is STORAGE_NOT_FOUND, except where storages have no such notion (S3).
   */
  list(signal?: AbortSignal): Promise<readonly StoredObject[]>;

  /** One file; undefined when it is not there. */
  stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined>;

  /**
   * The bytes of the range (the whole file without one). Exactly those or an error: a short answer is
   * never silently less. The request is sent when the first chunk is asked for; leave the loop or abort
   * the signal to end it early.
   */
  read(name: string, range: ByteRange | undefined, signal?: AbortSignal): AsyncIterable<Uint8Array>;

  /**
   * The file appears under its name only when it is whole, and replaces an existing one atomically. What
   * is missing of the target's folder is made.
   */
  write(name: string, body: Body, options: WriteOptions): Promise<void>;

  /** Removes the files; one that is not there is no error. */
  remove(names: readonly string[], signal?: AbortSignal): Promise<void>;

  /** Where each file is kept on several storages; absent for all others. */
  readonly mirror?: Mirror | undefined;

  /** Ends connections and helper processes. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** One of the storages of a mirror. */
export interface MirrorMember {
  /** Without credentials. */
  readonly url: string;
  /** Its files by name, at the last listing of the mirror; undefined when it could not be listed. */
  readonly files: ReadonlyMap<string, StoredObject> | undefined;
  /** Why not. */
  readonly failure: unknown;
  /** Whether a file of that name belongs onto it. */
  keeps(name: string): boolean;
}

/** A file to be copied from one member to another. */
export interface MirrorCopy {
  readonly name: string;
  readonly from: MirrorMember;
  readonly to: MirrorMember;
  /** What the file's digest has to be, in lower case hexadecimal; not compared when absent. */
  readonly expected?: { readonly algorithm: string; readonly hex: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Mirror {
  /** As the last listing of the mirror found them; none before the first. */
  readonly members: readonly MirrorMember[];
  /**
   * Copies a file, and reads the copy back. Errors: DAMAGED when the file is not what is expected, or the copy is not
   * what was read (it is removed then), and those of reading and writing.
   */
  copy(copy: MirrorCopy): Promise<void>;
  /** The URL of the storage that a file is read from now, as long as that answers; undefined where none would be asked. */
  readsFrom(name: string): string | undefined;
  /**
   * Reads a file from another storage from now on, for what the one of that URL has given was not what it must be, and
   * tells it. False where every storage has given such a copy: then the file is read as before.
   */
  passOver(name: string, url: string, reason: unknown): boolean;
}
