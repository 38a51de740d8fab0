/** Getting a /dev/fuse descriptor that is attached to a mountpoint. */
import { close, open } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DuplifsError, errorText } from '../../base/index.js';
import type { MountOptions } from '../engine.js';
import type { MountEntry } from '../mountinfo.js';
import { run } from '../run.js';
import type { RunResult } from '../run.js';
import { openDescriptorSocket } from './descriptor-passing.js';

const fuseSubtype = 'duplifs';
/** GLib's and KDE's lists of network file systems have no other type that FUSE can have. */
const networkSubtype = 'sshfs';
const fuseDevice = '/dev/fuse';
const rootMode = '40000';

/**
 * The descriptor behind a mountpoint "/dev/fd/N": somebody else (mount.fuse3 from fstab or systemd, which
 * then drops its privileges) has mounted, and hands the descriptor over.
 */
export function inheritedDescriptor(mountpoint: string): number | undefined {
  const match = /^\/dev\/fd\/(\d{1,9})$/.exec(mountpoint);
  return match === null ? undefined : Number(match[1]);
}

/** @throws {DuplifsError} FUSE: what we were handed is not an open /dev/fuse */
export async function checkInherited(fd: number): Promise<void> {
  const target = await readlink(`/proc/self/fd/${fd}`).catch(() => 'nothing');
  if (target === fuseDevice) return;
  throw new DuplifsError(
    'FUSE',
    `The descriptor ${fd} is not an open "${fuseDevice}" but "${target}"`,
    {
      hint: 'Give the folder itself as the mountpoint',
    },
  );
}

/** What mount(8) and fusermount3 are told. */
export type AttachOptions = Pick<
  MountOptions,
  'allowOther' | 'defaultPermissions' | 'fsname' | 'asNetwork'
>;

export function subtypeOf({ asNetwork = false }: Pick<MountOptions, 'asNetwork'>): string {
  return asNetwork ? networkSubtype : fuseSubtype;
}

/** Whether a mount is one of duplifs. sshfs itself has no URL as its source. */
export function isOurMount({ type, source }: Pick<MountEntry, 'type' | 'source'>): boolean {
  if (type === `fuse.${fuseSubtype}`) return true;
  return type === `fuse.${networkSubtype}` && source.includes('://');
}

/**
 * Mounts with the privilege of root. The descriptor returned must not be read before this resolves (the
 * kernel would answer EPERM).
 */
export async function attachAsRoot(mountpoint: string, options: AttachOptions): Promise<number> {
  const fd = await openDevice();
  try {
    await attachDevice(fd, mountpoint, options);
    return fd;
  } catch (error) {
    await promisify(close)(fd);
    throw error;
  }
}

/**
 * Mounts a device that is open: mount(8) gets it as its descriptor 3. It may be served by another process that
 * has it open too. Which process mounts matters on an automount: the kernel keeps out of it everybody but the
 * process group of who answers for it, until the mount is there.
 *
 * @throws {DuplifsError} FUSE: what mount(8) said
 */
export async function attachDevice(
  fd: number,
  mountpoint: string,
  options: AttachOptions,
): Promise<void> {
  const flags = [
    'ro,nosuid,nodev,fd=3',
    `rootmode=${rootMode}`,
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    ...permissionOptions(options),
  ].join(',');
  const type = `fuse.${subtypeOf(options)}`;
  const parameters = ['-i', '-t', type, '-o', flags, options.fsname, mountpoint];
  const result = await run('mount', parameters, { inheritFd: fd });
  if (result.status === 0) return;
  throw new DuplifsError('FUSE', `Cannot mount at "${mountpoint}": ${result.message}`);
}

/** The setuid helpers that mount for ordinary users, best first. */
export const mountHelpers = ['fusermount3', 'fusermount'];
/** The end of the socket pair is the helper's descriptor 3. */
const helperEnvironment = { _FUSE_COMMFD: '3' };

/** Mounts as an ordinary user: fusermount3 opens the device, mounts, and passes the descriptor back. */
export async function attachAsUser(mountpoint: string, options: AttachOptions): Promise<number> {
  const socket = await openDescriptorSocket();
  if (socket === undefined) throw new DuplifsError('FUSE', noDescriptors);
  try {
    const flags = ['ro,nosuid,nodev', ...permissionOptions(options), ...namedOptions(options)];
    const parameters = ['-o', flags.join(','), '--', mountpoint];
    let result: RunResult = { status: undefined, message: noHelper };
    for (const helper of mountHelpers) {
      result = await run(helper, parameters, {
        inheritFd: socket.theirs,
        env: helperEnvironment,
      });
      if (result.status !== undefined) break;
    }
    const fd = result.status === 0 ? socket.receive() : undefined;
    if (fd === undefined) throw explainHelper(mountpoint, result.message);
    return fd;
  } finally {
    socket.close();
  }
}

export const noHelper = 'The program "fusermount3" was not found';
export const noDescriptors = 'The package "koffi" has no binary for this platform';

function explainHelper(mountpoint: string, message: string): DuplifsError {
  const hint = helperHint(message);
  return new DuplifsError('FUSE', `Cannot mount at "${mountpoint}": ${message}`, hint);
}

function helperHint(message: string): { hint?: string } {
  if (message.includes('user_allow_other')) {
    return { hint: 'Ask root to add the line "user_allow_other" to /etc/fuse.conf' };
  }
  if (message === noHelper) return { hint: 'Install the package "fuse3"' };
  if (/\/dev\/fuse.*(denied|permitted)/i.test(message)) {
    return { hint: 'Ask root for "chmod 0666 /dev/fuse", which udev does elsewhere' };
  }
  return {};
}

/** `fsname` and `subtype` for fusermount and libfuse, which split at commas that no "\" precedes. */
export function namedOptions(
  options: Pick<MountOptions, 'fsname' | 'asNetwork'>,
): readonly string[] {
  const fsname = options.fsname.replaceAll(/[\\,]/g, '\\$&');
  return [`fsname=${fsname}`, `subtype=${subtypeOf(options)}`];
}

export function permissionOptions(
  options: Pick<AttachOptions, 'allowOther' | 'defaultPermissions'>,
): readonly string[] {
  return [
    ...(options.allowOther ? ['allow_other'] : []),
    ...(options.defaultPermissions ? ['default_permissions'] : []),
  ];
}

/** @throws {DuplifsError} FUSE: there is no /dev/fuse, or it is closed to us */
export async function openDevice(): Promise<number> {
  try {
    return await promisify(open)(fuseDevice, 'r+');
  } catch (error) {
    throw new DuplifsError('FUSE', `Cannot open "${fuseDevice}": ${errorText(error)}`, {
      hint: 'Load the kernel module fuse ("modprobe fuse"); in a container, pass the device in',
      cause: error,
    });
  }
}
