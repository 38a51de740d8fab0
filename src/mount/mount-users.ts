/**
 * Who uses a mount, as /proc tells: open files, working folders, mapped files. Only links are read, never
 * what they point to, so that a mount whose storage hangs does not hang the question too.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readMounts } from './mountinfo.js';

export interface MountUser {
  readonly pid: number;
  readonly command: string;
  readonly use: 'working folder' | 'root folder' | 'program' | 'open file' | 'mapped file';
  /** The path within the mount, for a file. */
  readonly path: string;
}

const procFolder = '/proc';
const blockFolder = '/sys/block';
const fuseDevice = '/dev/fuse';
/** More than anybody reads. */
const mostUsers = 20;

/** One use for each process, ours too, as far as this user may see other processes. */
export async function findMountUsers(mountpoint: string): Promise<readonly MountUser[]> {
  const users: MountUser[] = [];
  const pids = (await namesIn(procFolder)).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const found = await useBy(pid, mountpoint);
    if (found !== undefined)
      users.push({ pid: Number(pid), command: await commandOf(pid), ...found });
    if (users.length >= mostUsers) break;
  }
  return users;
}

/** `process 123 "bash" (working folder "/mnt/a")`, … */
export function describeUsers(users: readonly MountUser[]): string {
  return users
    .map(({ pid, command, use, path }) => `process ${pid} "${command}" (${use} "${path}")`)
    .join(', ');
}

/** The process that serves a mount: it has the device open, and was told the mountpoint. */
export async function findServer(
  mountpoint: string,
): Promise<Pick<MountUser, 'pid' | 'command'> | undefined> {
  for (const pid of (await namesIn(procFolder)).filter((name) => /^\d+$/.test(name))) {
    const words = (await textOf(join(procFolder, pid, 'cmdline'))).split('\0');
    if (!words.includes('mount') || words.includes('-i')) continue;
    const folder = await targetOf(join(procFolder, pid, 'cwd'));
    if (!words.some((word) => word !== '' && resolve(folder, word) === mountpoint)) continue;
    const descriptors = await namesIn(join(procFolder, pid, 'fd'));
    const open = await Promise.all(
      descriptors.map((fd) => targetOf(join(procFolder, pid, 'fd', fd))),
    );
    if (open.includes(fuseDevice)) return { pid: Number(pid), command: await commandOf(pid) };
  }
  return undefined;
}

/** What else keeps a mount busy: mounts below it, and disk images in it that are attached as devices. */
export async function findKernelUsers(mountpoint: string): Promise<readonly string[]> {
  const mounts = (await readMounts()).filter(
    (mount) => mount.mountpoint !== mountpoint && isWithin(mount.mountpoint, mountpoint),
  );
  const users = mounts.map((mount) => `the mount "${mount.mountpoint}"`);
  for (const device of (await namesIn(blockFolder)).filter((name) => name.startsWith('loop'))) {
    const image = (await textOf(join(blockFolder, device, 'loop', 'backing_file'))).trim();
    if (isWithin(image, mountpoint)) users.push(`the device "/dev/${device}" (of "${image}")`);
  }
  return users;
}

const processLinks = [
  ['cwd', 'working folder'],
  ['root', 'root folder'],
  ['exe', 'program'],
] as const;

async function useBy(
  pid: string,
  mountpoint: string,
): Promise<Pick<MountUser, 'use' | 'path'> | undefined> {
  for (const [link, use] of processLinks) {
    const path = await targetOf(join(procFolder, pid, link));
    if (isWithin(path, mountpoint)) return { use, path };
  }
  for (const fd of await namesIn(join(procFolder, pid, 'fd'))) {
    const path = await targetOf(join(procFolder, pid, 'fd', fd));
    if (isWithin(path, mountpoint)) return { use: 'open file', path };
  }
  const maps = await textOf(join(procFolder, pid, 'maps'));
  for (const line of maps.split('\n')) {
    const path = line.slice(line.indexOf('/'));
    if (isWithin(path, mountpoint)) return { use: 'mapped file', path };
  }
  return undefined;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

async function commandOf(pid: string): Promise<string> {
  return (await textOf(join(procFolder, pid, 'comm'))).trim();
}

// Processes end while they are looked at, and others' are closed to us: that is no answer, not an error.

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function targetOf(link: string): Promise<string> {
  return readlink(link).catch(() => '');
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
