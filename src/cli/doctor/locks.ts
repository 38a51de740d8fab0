/** Checks whether a backup could begin now, or who keeps it from that. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeHolder, heldLocks, withArchiveLock } from '../../target/index.js';
import { errorText, isDuplifsError } from '../../base/index.js';
import type { Storage } from '../../storage/index.js';
import { archiveFolderOf, prefixesOf } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { failed, ok, warning } from './check.js';
import type { Finding } from './check.js';

/** The lock of this machine, which duplicity takes as well. A lock that is free is not left taken. */
export async function checkArchiveLock(url: string, options: CommonOptions): Promise<Finding> {
  const folder = archiveFolderOf(url, options);
  const free = ok('lock', 'No backup is running with this archive dir');
  if (!existsSync(join(folder, 'lockfile'))) return free;
  try {
    await withArchiveLock(folder, 0, () => Promise.resolve());
    return free;
  } catch (error) {
    if (!isDuplifsError(error, 'LOCKED')) {
      return failed('lock', errorText(error), 'Make the archive dir writable');
    }
    return warning(
      'lock',
      'A backup is running with this archive dir',
      'Another one waits for it with --lock-wait; mounts and restores need not',
    );
  }
}

/** The locks on the storage, of backups from whatever machine. */
export async function checkTargetLocks(
  storage: Storage,
  options: CommonOptions,
): Promise<Finding[]> {
  try {
    const holders = await heldLocks(storage, prefixesOf(options));
    if (holders.length === 0) return [ok('storage lock', 'Nobody is writing to the target')];
    return holders.map(({ holder, isGone }) =>
      isGone
        ? ok(
            'storage lock',
            `A backup that is gone has left its lock (${describeHolder(holder)}); the next takes over`,
          )
        : warning(
            'storage lock',
            `A backup is writing to the target (${describeHolder(holder)})`,
            'Another one waits for it with --lock-wait; mounts and restores need not',
          ),
    );
  } catch (error) {
    if (isDuplifsError(error, 'STORAGE_NOT_FOUND')) {
      return [ok('storage lock', 'Nobody is writing to the target, which is not there yet')];
    }
    const hint = isDuplifsError(error) ? error.hint : undefined;
    return [failed('storage lock', errorText(error), hint ?? 'See "storage list"')];
  }
}
