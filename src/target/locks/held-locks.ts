/** The locks that others have on a target. */
import type { NamePrefixes } from '../../archive/index.js';
import { isDuplifsError } from '../../base/index.js';
import { readWhole } from '../../storage/index.js';
import type { Storage, StoredObject } from '../../storage/index.js';
import { isGone, isSeenFrom, ownHolder, parseHolder } from './lock-holder.js';
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
  /** Whether its process could be seen from here, so that it is known to run where it is not gone. */
  readonly isWatched: boolean;
  /** For how long the holder has not written it. */
  readonly silentSeconds: number;
}

export interface LocksToLookAt {
  readonly storage: Storage;
  readonly prefixes: NamePrefixes;
  /** Who asks. */
  readonly own: LockHolder;
  /** Names of locks whose holders are known to be gone. */
  readonly abandoned?: ReadonlySet<string>;
  /** By the clock of the storage, where it shows one. */
  readonly nowSeconds?: number | undefined;
}

/** Who holds a target now; nothing is changed. */
export async function heldLocks(
  storage: Storage,
  prefixes: NamePrefixes,
  abandoned: ReadonlySet<string> = new Set(),
): Promise<HeldLock[]> {
  const found: HeldLock[] = [];
  const look = { storage, prefixes, abandoned, own: ownHolder() };
  for await (const lock of locksAmong(await storage.list(), look)) found.push(lock);
  return found;
}

/** The locks among these objects that somebody has; each is read when it is asked for. */
export async function* locksAmong(
  objects: readonly StoredObject[],
  { storage, prefixes, own, abandoned, nowSeconds = Date.now() / 1000 }: LocksToLookAt,
): AsyncGenerator<HeldLock> {
  for (const { name, size, modifiedSeconds } of objects) {
    if (size === 0 || !isLockName(name, prefixes)) continue;
    const holder = size > maxLockBytes ? undefined : await readHolder(storage, name);
    if (holder === 'released') continue;
    const silentSeconds =
      nowSeconds - (modifiedSeconds ?? holder?.renewed ?? holder?.since ?? nowSeconds);
    yield {
      name,
      holder,
      isGone: abandoned?.has(name) === true || isGone(holder, own, silentSeconds),
      isWatched: holder !== undefined && isSeenFrom(holder, own),
      silentSeconds,
    };
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
