/**
 * What a mount shows, as the FUSE engines ask for it: a small, read-only file system in which every file
 * has a number (its inode). The folders of a mount implement it (src/mount/view/); an engine translates
 * between it and the kernel. Nothing in it changes anything.
 *
 * Answers are plain values wherever they are known without waiting, which keeps the common path free of
 * promises; a promise where the storage must be asked. A missing name or node is `undefined`. Anything
 * else that goes wrong is thrown: a FileSystemError for an errno of its own, a DuplifsError for what
 * the user should read in the log (the kernel is told EIO).
 *
 * An aborted `signal` means that nobody waits for the answer any more.
 */
export type NodeKind = 'reg' | 'dir' | 'sym' | 'fifo' | 'chr' | 'blk';

export type MaybePromise<T> = T | Promise<T>;

/** What stat(2) tells of a node. */
export interface Attributes {
  /** Below 2^53, never 0; the root is 1. The same node keeps its number as long as the mount lives. */
  readonly ino: number;
  readonly kind: NodeKind;
  /** The permission bits, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** In units of 512 bytes. */
  readonly blocks: number;
  readonly mtimeSeconds: number;
  /** Of a device. */
  readonly rdev?: { readonly major: number; readonly minor: number };
}

export interface DirectoryEntry {
  /** A name in the form of base/names: encodeName gives its bytes. */
  readonly name: string;
  readonly ino: number;
  readonly kind: NodeKind;
  /** Absent: not known without waiting; whoever stats the entry will wait. */
  readonly attributes?: Attributes;
  /** The offset at which the listing goes on after this entry; above 0. */
  readonly cookie: number;
}

/** What statfs(2) tells; nothing is ever free in a read-only file system. */
export interface FileSystemStatistics {
  readonly blockSize: number;
  /** In units of `blockSize`. */
  readonly blocks: number;
  readonly files: number;
}

export const rootIno = 1;

export interface ReadOnlyFileSystem {
  lookup(parent: number, name: string, signal: AbortSignal): MaybePromise<Attributes | undefined>;

  getattr(ino: number, signal: AbortSignal): MaybePromise<Attributes | undefined>;

  /**
   * Entries after `cookie` (0: from the start), at most about `limit`. Fewer than `limit` does not mean
   * the end, an empty array does. "." and ".." are the engine's business. A cookie stays valid while
   * the folder is open, whatever appears or vanishes meanwhile.
   */
  readdir(
    ino: number,
    cookie: number,
    limit: number,
    signal: AbortSignal,
  ): MaybePromise<readonly DirectoryEntry[]>;

  /** The target of a symbolic link, in the form of base/names. */
  readlink(ino: number, signal: AbortSignal): MaybePromise<string>;

  /** Less than `length` bytes only at the end of the file. */
  read(ino: number, offset: number, length: number, signal: AbortSignal): MaybePromise<Uint8Array>;

  /** The folder that holds this folder, for ".." and for NFS and Samba exports. */
  parentOf?(ino: number): number;

  /**
   * Whether extended attributes are listed to whoever asks which there are. What copies files (cp -a, rsync -X) copies
   * those that are listed, and they are ours and none of the backup.
   */
  readonly listsXattrs?: boolean;

  /** All extended attributes by their full names ("user.duplifs.time"). */
  xattrs?(ino: number, signal: AbortSignal): MaybePromise<ReadonlyMap<string, Uint8Array>>;

  /** Never touches the storage. */
  statfs(): FileSystemStatistics;

  /**
   * How long the kernel may keep what it was told of this node, in seconds: its attributes, and for a
   * folder also which names it holds and which it does not. 0: ask each time.
   */
  cacheSeconds(ino: number): number;
}
