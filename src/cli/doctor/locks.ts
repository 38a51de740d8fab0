/** Checks whether a backup could begin now, or who keeps it from that. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeLock,
  heldLocks,
  lockHint,
  notedLocks,
  withArchiveLock,
} from '../../target/index.js';
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
  url: string,
  options: CommonOptions,
): Promise<Finding[]> {
  try {
    const abandoned = await abandonedLocks(archiveFolderOf(url, options));
    const holders = await heldLocks(storage, prefixesOf(options), abandoned);
    if (holders.length === 0) return [ok('storage lock', 'Nobody is writing to the target')];
    return holders.map((lock) =>
      lock.isGone
        ? ok(
            'storage lock',
            `A backup that is gone has left its lock (${describeLock(lock)}); the next takes over`,
          )
        : warning(
            'storage lock',
            `A backup is writing to the target (${describeLock(lock)})`,
            `${lockHint(lock)}. Mounts and restores need not wait`,
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

/** Those that are noted in the archive dir, where no backup is running with it. */
async function abandonedLocks(archiveFolder: string): Promise<ReadonlySet<string>> {
  const noted = await notedLocks(archiveFolder);
  if (noted.size === 0) return noted;
  return await withArchiveLock(archiveFolder, 0, () => Promise.resolve(noted)).catch(
    () => new Set<string>(),
  );
}
