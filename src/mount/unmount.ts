/** Unmounting by path: for our own mounts, for `duplifs umount`, and for what a crash left behind. */
import { DuplifsError } from '../base/index.js';
import { mountAt } from './mountinfo.js';
import { describeUsers, findKernelUsers, findMountUsers } from './mount-users.js';
import { run } from './run.js';
import type { RunResult } from './run.js';

export interface UnmountOptions {
  /** Detach now, even when it is in use; it is gone for good once its last user is. */
  readonly force?: boolean;
}

/**
 * Unmounts what is mounted at `mountpoint` (an absolute path without links). The process that serves it
 * notices and ends.
 *
 * @throws {DuplifsError} FUSE: it is in use (and by whom), it is not mounted, or it is not ours to unmount
 */
export async function unmountPath(
  mountpoint: string,
  { force = false }: UnmountOptions = {},
): Promise<void> {
  let result: RunResult = { status: undefined, message: 'No tool for unmounting was found' };
  for (const [command, ...parameters] of unmountCommands(mountpoint, force)) {
    result = await run(command, parameters);
    if (result.status === 0) return;
    if (result.status !== undefined) break; // it ran, and means what it says
  }
  throw await explain(mountpoint, result.message);
}

type Command = readonly [command: string, ...parameters: string[]];

/** The tools that can do it, best first; a missing one is passed over. */
function unmountCommands(mountpoint: string, force: boolean): readonly Command[] {
  if (process.platform === 'darwin') {
    return [
      ['umount', ...(force ? ['-f'] : []), mountpoint],
      ['diskutil', 'unmount', ...(force ? ['force'] : []), mountpoint],
    ];
  }
  if (process.getuid?.() === 0) return [['umount', ...(force ? ['-l'] : []), mountpoint]];
  const flags = force ? ['-u', '-z'] : ['-u'];
  return [
    ['fusermount3', ...flags, '--', mountpoint],
    ['fusermount', ...flags, '--', mountpoint],
  ];
}

async function explain(mountpoint: string, message: string): Promise<DuplifsError> {
  if (/busy|in use/i.test(message)) {
    const who = await whoUses(mountpoint);
    return new DuplifsError('FUSE', `"${mountpoint}" is in use by ${who}`, {
      hint: 'Leave the folder and close its files, or unmount with --force',
    });
  }
  if (process.platform === 'linux' && (await mountAt(mountpoint)) === undefined) {
    return new DuplifsError('FUSE', `Nothing is mounted at "${mountpoint}"`);
  }
  return new DuplifsError('FUSE', `Cannot unmount "${mountpoint}": ${message}`);
}

async function whoUses(mountpoint: string): Promise<string> {
  const processes = await findMountUsers(mountpoint);
  const others = await findKernelUsers(mountpoint);
  const known = [...(processes.length > 0 ? [describeUsers(processes)] : []), ...others];
  if (known.length > 0) return known.join(', ');
  return process.getuid?.() === 0
    ? 'something that /proc does not show, as a process in another container or an NFS export'
    : 'a process that this user cannot see';
}
