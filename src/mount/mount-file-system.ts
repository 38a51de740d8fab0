import { DuplifsError } from '../base/index.js';
import type { MountOptions, MountSession } from './engine.js';
import type { ReadOnlyFileSystem } from './file-system.js';
import {
  attachAsRoot,
  attachAsUser,
  checkInherited,
  inheritedDescriptor,
} from './kernel/attach.js';
import { kernelEngineObstacle } from './kernel/availability.js';
import { serveKernel } from './kernel/kernel-engine.js';
import { widenReadAhead } from './kernel/read-ahead.js';
import { mountWithLibfuse } from './libfuse/libfuse-engine.js';
import { unmountPath } from './unmount.js';

/**
 * Mounts `fs`, always read-only, nosuid and nodev. Resolves once it answers.
 *
 * This process must never touch the mount with a synchronous call: it would wait for itself. Should it
 * crash, the mountpoint stays "not connected" until it is unmounted (prepareMountpoint does that).
 *
 * @param mountpoint what prepareMountpoint returned: an absolute path without links, or "/dev/fd/N"
 * @throws {DuplifsError} FUSE, with what can be done
 *
 * @example
 * ```js
 * import { execFile } from 'node:child_process';
 * import { mkdir } from 'node:fs/promises';
 * import { promisify } from 'node:util';
 * import { mountFileSystem, MountView, openRepository, prepareMountpoint, unmountPath } from 'duplifs';
 *
 * const repository = await openRepository({
 *   storage: process.env.BACKUP_URL,
 *   keys: { passphrases: [process.env.PASSPHRASE] },
 * });
 * await mkdir('mountpoint');
 * const mountpoint = await prepareMountpoint('mountpoint');
 * const now = () => Date.now() / 1000;
 * const view = new MountView({ repository, override: {}, now });
 * const session = await mountFileSystem(view, mountpoint, {
 *   engine: 'auto',
 *   allowOther: false,
 *   defaultPermissions: false,
 *   fsname: 'backup',
 *   report: (event) => console.error(event),
 * });
 * view.servedBy(session); // so that it shows sets that come
 * const { stdout } = await promisify(execFile)('cat', [`${mountpoint}/latest/notes/today.txt`]);
 * console.log(stdout); // prints buy milk and bread
 * await unmountPath(mountpoint);
 * await session.ended;
 * await repository.close();
 * ```
 */
export async function mountFileSystem(
  fs: ReadOnlyFileSystem,
  mountpoint: string,
  options: MountOptions,
): Promise<MountSession> {
  const inherited = inheritedDescriptor(mountpoint);
  if (inherited !== undefined) {
    if (options.engine === 'libfuse') {
      throw new DuplifsError('FUSE', `Only the kernel engine can serve "${mountpoint}"`, {
        hint: 'Leave out --fuse-engine libfuse',
      });
    }
    await checkInherited(inherited);
    return serveKernel(fs, inherited, undefined, options);
  }
  if (options.engine === 'libfuse') return mountWithLibfuse(fs, mountpoint, options);
  const obstacle = await kernelEngineObstacle();
  if (obstacle === undefined) return mountWithKernel(fs, mountpoint, options);
  if (options.engine === 'kernel') {
    throw new DuplifsError('FUSE', `The kernel engine cannot be used: ${obstacle}`, {
      hint: 'Use --fuse-engine libfuse',
    });
  }
  if (process.platform === 'linux') {
    options.report({ level: 'warning', code: 'mount-by-libfuse', obstacle });
  }
  return mountWithLibfuse(fs, mountpoint, options);
}

async function mountWithKernel(
  fs: ReadOnlyFileSystem,
  mountpoint: string,
  options: MountOptions,
): Promise<MountSession> {
  const isRoot = process.getuid?.() === 0;
  const attach = options.attach ?? (isRoot ? attachAsRoot : attachAsUser);
  const fd = await attach(mountpoint, options);
  try {
    const session = await serveKernel(fs, fd, mountpoint, options);
    if (isRoot) await widenReadAhead(mountpoint);
    return session;
  } catch (error) {
    await unmountPath(mountpoint, { force: true }).catch(() => undefined); // the first error counts
    throw error;
  }
}
