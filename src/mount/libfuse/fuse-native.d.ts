/** The parts of fuse-native 2.2.6 that are used here; it comes without types. */
declare module 'fuse-native' {
  export interface NativeStat {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly size: number;
    readonly nlink: number;
    readonly ino: number;
    readonly rdev: number;
    readonly blksize: number;
    readonly blocks: number;
    readonly atime: number;
    readonly mtime: number;
    readonly ctime: number;
  }

  export interface NativeStatfs {
    readonly bsize: number;
    readonly frsize: number;
    readonly blocks: number;
    readonly files: number;
    readonly namemax: number;
  }

  /** `status`: 0 or a negative errno; for `read` the number of bytes. */
  export interface NativeOperations {
    getattr(path: string, done: (status: number, stat?: NativeStat) => void): void;
    readdir(path: string, done: (status: number, names?: readonly string[]) => void): void;
    readlink(path: string, done: (status: number, target?: string) => void): void;
    read(
      path: string,
      handle: number,
      buffer: Buffer,
      length: number,
      offset: number,
      done: (status: number) => void,
    ): void;
    statfs(path: string, done: (status: number, total?: NativeStatfs) => void): void;
  }

  export interface NativeOptions {
    readonly timeout: false;
    readonly allowOther?: boolean;
    readonly defaultPermissions?: boolean;
    readonly kernelCache?: boolean;
    readonly fsname?: string;
    readonly subtype?: string;
  }

  export default class Fuse {
    constructor(mountpoint: string, operations: NativeOperations, options: NativeOptions);
    mount(done: (error: Error | null) => void): void;
    /** Calls `Fuse.unmount`, then lets go of the event loop. */
    unmount(done: (error: Error | null) => void): void;
    static unmount(mountpoint: string, done: (error: Error | null) => void): void;
  }
}
