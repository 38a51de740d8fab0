/**
 * One writer for a target's folder in the archive dir: the lock on `lockfile` that duplicity takes as well
 * (docs/format/2-behaviour.md 4.3). SQLite locks some bytes far behind the end of the file, duplicity the whole of it,
 * so that each keeps the other out; and the operating system frees the lock when its process ends, however
 * that happens: nobody ever has to delete a file. A mount takes no lock.
 */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DuplifsError, localFailure } from '../../base/index.js';
import { isSqliteError, openDatabase } from '../../sqlite/index.js';
import type { Database } from '../../sqlite/index.js';

const retryMilliseconds = 250;

/**
 * Runs `work` with the lock; LOCKED when it is not free within `waitSeconds`, NO_SPACE or TARGET when the folder cannot
 * be used.
 */
export async function withArchiveLock<T>(
  archiveFolder: string,
  waitSeconds: number,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + waitSeconds * 1000;
  for (;;) {
    const lock = tryLockIn(archiveFolder);
    if (lock !== undefined) {
      try {
        return await work();
      } finally {
        lock.close();
      }
    }
    if (Date.now() >= deadline) {
      throw new DuplifsError(
        'LOCKED',
        `Another backup is using the archive dir "${archiveFolder}"`,
        {
          hint: 'Wait for it to end, or give --lock-wait a time to wait',
        },
      );
    }
    await setTimeout(retryMilliseconds, undefined, { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  }
}

function tryLockIn(archiveFolder: string): Database | undefined {
  try {
    mkdirSync(archiveFolder, { recursive: true, mode: 0o700 });
    return tryLock(join(archiveFolder, 'lockfile'));
  } catch (error) {
    const use = {
      what: `Cannot use the archive dir "${archiveFolder}"`,
      hint: 'Choose a folder that can be written, on a disk with room, with --archive-dir',
    };
    throw localFailure(error, use) ?? error;
  }
}

/** The connection that holds the lock; undefined when another process has it. */
function tryLock(path: string): Database | undefined {
  closeSync(openSync(path, 'a', 0o600)); // SQLite would let others read it
  const lock = openDatabase(path, { timeoutMs: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    // duplicity removes the file when it ends: the lock counts only on the file that is there now
    if (statSync(path, { throwIfNoEntry: false }) !== undefined && isSameFile(path, lock))
      return lock;
  } catch (error) {
    if (!(isSqliteError(error) && /^SQLITE_(BUSY|LOCKED)/.test(error.code))) {
      lock.close();
      throw error;
    }
  }
  lock.close();
  return undefined;
}

/** Whether a second look at the path finds the lock taken: then it is this file that is locked. */
function isSameFile(path: string, lock: Database): boolean {
  const other = openDatabase(path, { timeoutMs: 0 });
  try {
    other.exec('BEGIN EXCLUSIVE');
    return false;
  } catch {
    return lock.inTransaction;
  } finally {
    other.close();
  }
}
