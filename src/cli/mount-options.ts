import type { CommonOptions } from './common-options.js';
import type { TimeOptions } from './time-options.js';

/** What commander makes of the options of `mount`. */
export interface MountCommandOptions extends CommonOptions, TimeOptions {
  readonly allowOther: boolean;
  /** Commander's form of --no-default-permissions. */
  readonly defaultPermissions: boolean;
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly xattrs: boolean;
  readonly asNetwork: boolean;
  readonly rewriteLinks: boolean;
  readonly readTimeout: number;
  readonly daemon: boolean;
  readonly backgroundFill?: boolean;
  readonly fuseEngine: 'auto' | 'kernel' | 'libfuse';
}
