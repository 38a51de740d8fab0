/** The locks that others have on a target. */
import type { NamePrefixes } from '../../archive/index.js';
import { isDuplifsError } from '../../base/index.js';
import { readWhole } from '../../storage/index.js';
import type { Storage, StoredObject } from '../../storage/index.js';
import { isGone, ownHolder, parseHolder } from './lock-holder.js';
import type { LockHolder } from './lock-holder.js';
import { isLockName } from './lock-name.js';

const maxLockBytes = 64 * 1024;

export interface HeldLock {
  /** Of the lock file. */
  readonly name: string;
  /** Undefined where the file does not say whose it is. */
  readonly holder: LockHolder | undefined;
  /** Whether that backup has ended without giving the lock up. */
  readonly isGone: boolean;
}

export interface LocksToLookAt {
  readonly storage: Storage;
  readonly prefixes: NamePrefixes;
  /** Who asks. */
  readonly own: LockHolder;
  /** By the clock of the storage, where it shows one. */
  readonly nowSeconds?: number | undefined;
}

/** Who holds a target now; nothing is changed. */
export async function heldLocks(storage: Storage, prefixes: NamePrefixes): Promise<HeldLock[]> {
  const found: HeldLock[] = [];
  const look = { storage, prefixes, own: ownHolder() };
  for await (const lock of locksAmong(await storage.list(), look)) found.push(lock);
  return found;
}

/** The locks among these objects that somebody has; each is read when it is asked for. */
export async function* locksAmong(
  objects: readonly StoredObject[],
  { storage, prefixes, own, nowSeconds = Date.now() / 1000 }: LocksToLookAt,
): AsyncGenerator<HeldLock> {
  for (const { name, size, modifiedSeconds } of objects) {
    if (size === 0 || !isLockName(name, prefixes)) continue;
    const holder = size > maxLockBytes ? undefined : await readHolder(storage, name);
    if (holder === 'released') continue;
    const silentSeconds = nowSeconds - (modifiedSeconds ?? holder?.since ?? nowSeconds);
    yield { name, holder, isGone: isGone(holder, own, silentSeconds) };
  }
}

async function readHolder(
  storage: Storage,
  name: string,
): Promise<LockHolder | 'released' | undefined> {
  try {
    const bytes = await readWhole(storage, name, { maxBytes: maxLockBytes });
    return parseHolder(bytes.toString('utf8'));
  } catch (error) {
    if (isDuplifsError(error, 'STORAGE_NOT_FOUND')) return 'released';
    throw error;
  }
}
