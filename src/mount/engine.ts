/** What the engines have in common: what they are asked for, and a mount that lives. */
import type { Report } from '../base/index.js';
import type { MountEvent } from './events.js';

export type EngineName = 'kernel' | 'libfuse';

export interface MountOptions {
  /** `auto`: the kernel engine where it can work, else libfuse, said in one line. */
  readonly engine: EngineName | 'auto';
  /** Let other users in (root only, or with `user_allow_other` in fuse.conf). */
  readonly allowOther: boolean;
  /** Let the kernel check permissions by owner and mode. */
  readonly defaultPermissions: boolean;
  /** What `mount` and `df` show as the source. Never holds a credential. */
  readonly fsname: string;
  /**
   * Mount as the type "fuse.sshfs": the one type of FUSE that file managers take for a network's, of which they make no
   * thumbnails by default, for that reads whole files.
   */
  readonly asNetwork?: boolean | undefined;
  readonly report: Report<MountEvent>;
  /**
   * Has another process mount, and tells the descriptor of the device that both have open. Absent: this process
   * opens the device and mounts. Only the kernel engine can do otherwise.
   */
  readonly attach?: ((mountpoint: string, options: MountOptions) => Promise<number>) | undefined;
}

/** How a mount ended: by its own `unmount`, by somebody else's, or because it could not be served. */
export type MountEnd = { readonly reason: 'unmounted' | 'outside' | 'failed' };

export interface MountSession {
  readonly engine: EngineName;
  /** Resolves when nothing is mounted any more; never rejects. */
  readonly ended: Promise<MountEnd>;
  /**
   * Unmounts. Rejects with a DuplifsError "FUSE" that names the processes that use the mount, which then
   * stays; with `force` it is detached at once, and who still uses it gets errors.
   */
  unmount(options?: { readonly force?: boolean }): Promise<void>;
  /** Makes the kernel ask anew for a name in a folder (and for the folder's listing). */
  invalidateEntry(parent: number, name: string): void;
  /** Makes the kernel ask anew for what it knows of a node. */
  invalidateNode(ino: number): void;
}
