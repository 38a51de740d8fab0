/** Getting a /dev/fuse descriptor that is attached to a mountpoint. */
import { close, open } from 'node:fs';
import { promisify } from 'node:util';
import { DuplifsError, errorText } from '../../base/index.js';
import type { MountOptions } from '../engine.js';
import { run } from '../run.js';

export const SUBTYPE = 'duplifs';
const ROOT_MODE = '40000';

/**
 * The descriptor behind a mountpoint "/dev/fd/N": somebody else (mount.fuse3 from fstab or systemd, which
 * then drops its privileges) has mounted, and hands the descriptor over.
 */
export function inheritedDescriptor(mountpoint: string): number | undefined {
  const match = /^\/dev\/fd\/(\d{1,9})$/.exec(mountpoint);
  return match === null ? undefined : Number(match[1]);
}

/**
 * Mounts with the privilege of root: mount(8) gets the open device as its descriptor 3. The descriptor
 * returned must not be read before this resolves (the kernel would answer EPERM).
 */
export async function attachAsRoot(mountpoint: string, options: MountOptions): Promise<number> {
  const fd = await openDevice();
  const flags = [
    'ro,nosuid,nodev,fd=3',
    `rootmode=${ROOT_MODE}`,
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    ...permissionOptions(options),
  ].join(',');
  const parameters = ['-i', '-t', `fuse.${SUBTYPE}`, '-o', flags, options.fsname, mountpoint];
  const result = await run('mount', parameters, { inheritFd: fd });
  if (result.status === 0) return fd;
  await promisify(close)(fd);
  throw new DuplifsError('FUSE', `Cannot mount at "${mountpoint}": ${result.message}`);
}

export function permissionOptions(options: MountOptions): readonly string[] {
  return [
    ...(options.allowOther ? ['allow_other'] : []),
    ...(options.defaultPermissions ? ['default_permissions'] : []),
  ];
}

async function openDevice(): Promise<number> {
  try {
    return await promisify(open)('/dev/fuse', 'r+');
  } catch (error) {
    throw new DuplifsError('FUSE', `Cannot open "/dev/fuse": ${errorText(error)}`, {
      hint: 'Load the kernel module fuse ("modprobe fuse"); in a container, pass the device in',
      cause: error,
    });
  }
}
