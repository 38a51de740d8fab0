/**
 * The engine over fuse-native (libfuse 2, paths): for macOS, and where the kernel engine cannot run. What it
 * cannot do is written in native-notes/fuse-native.md.
 */
import type Fuse from 'fuse-native';
import { DuplifsError, errorText } from '../../base/index.js';
import type { MountEnd, MountOptions, MountSession } from '../engine.js';
import { rootIno } from '../file-system.js';
import type { ReadOnlyFileSystem } from '../file-system.js';
import { namedOptions, subtypeOf } from '../kernel/attach.js';
import { rateLimited } from '../rate-limited.js';
import { unmountPath } from '../unmount.js';
import type { UnmountOptions } from '../unmount.js';
import { operationsOf } from './operations.js';
import { PathResolver } from './path-resolver.js';
import { identifyMount, watchMount } from './watch-mount.js';
import type { MountIdentity } from './watch-mount.js';

/**
 * @throws {DuplifsError} FUSE: fuse-native does not run on this system, or the mount was refused
 */
export async function mountWithLibfuse(
  fs: ReadOnlyFileSystem,
  mountpoint: string,
  options: MountOptions,
): Promise<MountSession> {
  const Native = await loadFuse();
  const paths = new PathResolver(fs);
  const stop = new AbortController();
  const operations = operationsOf(fs, paths, stop.signal, rateLimited(options.report));
  const fuse = new Native(mountpoint, operations, {
    timeout: false,
    kernelCache: true,
    allowOther: options.allowOther,
    defaultPermissions: options.defaultPermissions,
    fsname: withFlags(options.fsname, fs.cacheSeconds(rootIno)),
    subtype: subtypeOf(options),
  });
  await called((done) => {
    fuse.mount(done);
  }).catch((error: unknown) => {
    throw new DuplifsError('FUSE', `Cannot mount at "${mountpoint}": ${errorText(error)}`, {
      cause: error,
    });
  });
  const identity = await identifyMount(mountpoint);
  return new LibfuseSession({ fuse, mountpoint, identity, paths, stop });
}

/** What is mounted, and what serves it. */
interface LibfuseMount {
  readonly fuse: Fuse;
  readonly mountpoint: string;
  readonly identity: MountIdentity;
  readonly paths: PathResolver;
  /** Its abort ends what is still being answered. */
  readonly stop: AbortController;
}

class LibfuseSession implements MountSession {
  readonly engine = 'libfuse';
  readonly ended: Promise<MountEnd>;
  readonly #mountpoint: string;
  readonly #paths: PathResolver;
  readonly #noticed = new AbortController();
  #reason: MountEnd['reason'] = 'outside';

  constructor({ fuse, mountpoint, identity, paths, stop }: LibfuseMount) {
    this.#mountpoint = mountpoint;
    this.#paths = paths;
    this.ended = watchMount(mountpoint, identity, this.#noticed.signal).then(async () => {
      stop.abort();
      await called((done) => {
        fuse.unmount(done);
      });
      return { reason: this.#reason };
    });
  }

  async unmount(options: UnmountOptions = {}): Promise<void> {
    await unmountPath(this.#mountpoint, options);
    this.#reason = 'unmounted';
    this.#noticed.abort();
    await this.ended;
  }

  // What changes is kept by the kernel for a second only (see withFlags), so our own cache is all there is.

  invalidateEntry(): void {
    this.#paths.clear();
  }

  invalidateNode(): void {
    this.#paths.clear();
  }
}

/**
 * fuse-native has no way to pass these options; libfuse finds them behind the comma of `fsname`. The kernel
 * knows one time only here for how long everything may be kept: the root's, which is long where the mount
 * shows one snapshot.
 */
function withFlags(fsname: string, cacheSeconds: number): string {
  const [named = ''] = namedOptions({ fsname });
  return [
    named.slice('fsname='.length),
    process.platform === 'darwin' ? 'rdonly' : 'ro',
    'nosuid,nodev,use_ino',
    `entry_timeout=${cacheSeconds},attr_timeout=${cacheSeconds},negative_timeout=${cacheSeconds}`,
  ].join(',');
}

async function loadFuse(): Promise<typeof Fuse> {
  try {
    const { default: Native } = await import('fuse-native');
    // Closing must not run its own command ("fusermount -uz"): the mount is gone by then.
    Native.unmount = (_mountpoint, done) => {
      done(null);
    };
    return Native;
  } catch (error) {
    throw new DuplifsError('FUSE', `fuse-native cannot be used: ${errorText(error)}`, {
      hint: 'See native-notes/fuse-native.md for what it needs on this system',
      cause: error,
    });
  }
}

function called(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}
