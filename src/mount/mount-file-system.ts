import { DuplifsError } from '../base/index.js';
import type { MountOptions, MountSession } from './engine.js';
import type { ReadOnlyFileSystem } from './file-system.js';
import { attachAsRoot, inheritedDescriptor } from './kernel/attach.js';
import { isSupported } from './kernel/device.js';
import { serveKernel } from './kernel/kernel-engine.js';

/**
 * Mounts `fs`, read-only, nosuid and nodev. Resolves once it answers. This process must never touch
 * the mount with a synchronous call: it would wait for itself.
 *
 * @param mountpoint a folder (an absolute path without links, see checkMountpoint), or "/dev/fd/N"
 * @throws {DuplifsError} FUSE, with what can be done
 */
export async function mountFileSystem(
  fs: ReadOnlyFileSystem,
  mountpoint: string,
  options: MountOptions,
): Promise<MountSession> {
  if (!isSupported()) throw new DuplifsError('FUSE', 'Not supported');
  const inherited = inheritedDescriptor(mountpoint);
  if (inherited !== undefined) return serveKernel(fs, inherited, undefined, options);
  const fd = await attachAsRoot(mountpoint, options);
  return serveKernel(fs, fd, mountpoint, options);
}
