/** Whether a folder can become a mountpoint, and what to clean up before. */
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DuplifsError, errorText } from '../base/index.js';
import { inheritedDescriptor, isOurMount } from './kernel/attach.js';
import { findServer } from './mount-users.js';
import { automountType, mountAt } from './mountinfo.js';
import type { MountEntry } from './mountinfo.js';
import { unmountPath } from './unmount.js';

/** A folder that a mountpoint must neither hold nor lie in: kernels have deadlocked on that. */
export interface ForeignFolder {
  /** For the message: "the storage", "the archive dir". */
  readonly what: string;
  readonly path: string;
}

/** Links to links, and dead mounts over dead mounts: more is a mistake. */
const mostSteps = 40;
/** A live mount answers a stat at once; one that does not is alive but stuck. */
const answerMs = 5000;

/**
 * Checks a mountpoint, and unmounts what a crashed duplifs left there. Must be called before anything is
 * mounted on it. Returns its absolute path without links ("/dev/fd/N" is returned as it is).
 *
 * @throws {DuplifsError} TARGET or FUSE, with the reason why it cannot be used
 */
export async function prepareMountpoint(
  mountpoint: string,
  apartFrom: readonly ForeignFolder[] = [],
): Promise<string> {
  if (inheritedDescriptor(mountpoint) !== undefined) return mountpoint;
  let path = await withoutLinksAbove(resolve(mountpoint), mountpoint);
  for (let step = 0; step < mostSteps; step += 1) {
    const mounted = await mountAt(path);
    // A folder that systemd mounts on demand: to look into it would be to wait for ourselves.
    const automounted = mounted?.type === automountType;
    if (mounted !== undefined && isOurMount(mounted)) {
      await clearCrashed(mounted);
      continue;
    }
    const next = automounted ? path : await linkTarget(path, mountpoint);
    if (next === path) {
      await refuseOverlap(path, apartFrom);
      if (!automounted) await refuseFull(path);
      return path;
    }
    path = next;
  }
  throw new DuplifsError('FUSE', `Too many links or dead mounts at "${mountpoint}"`);
}

/** Only what lies above: the folder itself may be a dead mount, which cannot be looked at. */
async function withoutLinksAbove(path: string, given: string): Promise<string> {
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    throw unusable(given, error);
  }
}

async function linkTarget(path: string, given: string): Promise<string> {
  try {
    const info = await lstat(path);
    if (info.isSymbolicLink()) return await realpath(path);
    if (info.isDirectory()) return path;
  } catch (error) {
    if (isDisconnected(error) && process.platform === 'darwin') {
      await unmountPath(path, { force: true }); // no mountinfo there that would say whose it is
      return linkTarget(path, given);
    }
    throw unusable(given, error);
  }
  throw new DuplifsError('TARGET', `The mountpoint "${given}" is not a folder`);
}

/** Unmounts a mount of ours whose process is gone; a live one is refused. */
async function clearCrashed(mounted: MountEntry): Promise<void> {
  const path = mounted.mountpoint;
  const timer = new AbortController();
  const late = new Promise<'stuck'>((done) => {
    const timeout = setTimeout(done, answerMs, 'stuck');
    timer.signal.addEventListener('abort', () => {
      clearTimeout(timeout);
    });
  });
  const answer = stat(path).then(
    () => 'alive' as const,
    (error: unknown) => (isDisconnected(error) ? ('crashed' as const) : ('alive' as const)),
  );
  const state = await Promise.race([answer, late]);
  timer.abort();
  if (state !== 'crashed') {
    const how = state === 'stuck' ? ', and it does not answer' : '';
    const server = await findServer(path);
    const by = server === undefined ? '' : `, served by process ${server.pid} "${server.command}"`;
    throw new DuplifsError('FUSE', `A backup is already mounted at "${path}"${how}`, {
      hint: `It is "${mounted.source}"${by}; unmount it with "duplifs umount ${path}"`,
    });
  }
  await unmountPath(path, { force: true });
}

async function refuseFull(path: string): Promise<void> {
  let first;
  try {
    const folder = await opendir(path);
    first = await folder.read();
    await folder.close();
  } catch (error) {
    throw unusable(path, error);
  }
  if (first === null) return;
  throw new DuplifsError('TARGET', `The mountpoint "${path}" is not empty`, {
    hint: 'Use an empty folder: what lies in it would be hidden',
  });
}

async function refuseOverlap(path: string, others: readonly ForeignFolder[]): Promise<void> {
  for (const { what, path: given } of others) {
    const other = await realPathOfMaybeMissing(resolve(given));
    if (!contains(path, other) && !contains(other, path)) continue;
    throw new DuplifsError('TARGET', `The mountpoint "${path}" overlaps ${what}, "${other}"`, {
      hint: 'Mount on a folder that neither holds it nor lies in it',
    });
  }
}

function contains(outer: string, inner: string): boolean {
  return outer === inner || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** An archive dir may not exist yet: what exists of the path is resolved, the rest is kept. */
async function realPathOfMaybeMissing(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOfMaybeMissing(parent), basename(path));
  }
}

function unusable(given: string, error: unknown): DuplifsError {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return new DuplifsError('TARGET', `The mountpoint "${given}" does not exist`, {
      hint: `Make it with "mkdir ${given}"`,
    });
  }
  if (code === 'ENOTDIR') {
    return new DuplifsError('TARGET', `The mountpoint "${given}" is not a folder`);
  }
  const reason = isDisconnected(error)
    ? 'the mount of another program that has crashed is still there'
    : errorText(error);
  return new DuplifsError('FUSE', `The mountpoint "${given}" cannot be used: ${reason}`, {
    cause: error,
  });
}

/** "Transport endpoint is not connected", or what macOS says in its place. */
function isDisconnected(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOTCONN' || (process.platform === 'darwin' && code === 'ENXIO');
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
