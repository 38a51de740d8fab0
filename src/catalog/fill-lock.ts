/**
 * One process at a time fills a catalog. The lock is an SQLite transaction on an empty file beside it:
 * the operating system frees it when the process ends, however it ends.
 */
import { closeSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isSqliteError, openDatabase } from '../sqlite/index.js';
import type { Database } from '../sqlite/index.js';

const retryMilliseconds = 50;

/** Runs `work` while holding the lock at `path`, waiting for it as long as it takes. */
export async function withFillLock<T>(
  path: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  closeSync(openSync(path, 'a', 0o600));
  const lock = openDatabase(path, { timeoutMs: 0 });
  try {
    while (!tryLock(lock)) await setTimeout(retryMilliseconds, undefined, { signal });
    return await work();
  } finally {
    lock.close();
  }
}

function tryLock(lock: Database): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isSqliteError(error) && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
