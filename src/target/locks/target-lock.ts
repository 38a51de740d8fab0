/**
 * One writer for a target, whatever machine or archive dir it writes from: two incrementals on the same set would
 * make one of them disappear from its chain. The lock is a file on the storage that duplicity passes over,
 * `duplifs-lock.` and 16 hexadecimal digits. Whoever wants it puts its own and then lists: whoever else is there has
 * been first, or comes second and sees this one. Nobody has to delete a lock: one whose holder is gone is removed.
 *
 * A machine that slept may have lost its lock; and duplicity knows of none. So before a manifest completes a set,
 * `check` looks again.
 */
import { setTimeout } from 'node:timers/promises';
import { parseFileName, setKey } from '../../archive/index.js';
import type { NamePrefixes, SetTimes } from '../../archive/index.js';
import { DuplifsError, isDuplifsError } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { Storage, StoredObject } from '../../storage/index.js';
import type { TargetEvent } from '../events.js';
import { wholeSetKeys } from '../wholeness/whole-set-keys.js';
import { describeLock, lockHint } from './describe-lock.js';
import { locksAmong } from './held-locks.js';
import type { HeldLock } from './held-locks.js';
import { ownHolder, refreshSeconds } from './lock-holder.js';
import type { LockHolder } from './lock-holder.js';
import { isLockName, newLockName } from './lock-name.js';
import { noteLocks, notedLocks } from './noted-locks.js';

export interface TargetLockOptions {
  readonly storage: Storage;
  readonly prefixes: NamePrefixes;
  /** Whose lock the caller holds: locks noted in it are those of runs that are gone. */
  readonly archiveFolder: string;
  readonly lockWaitSeconds: number;
  readonly stop: AbortSignal;
  readonly report: Report<TargetEvent>;
}

const releaseMilliseconds = 10_000;
const firstWaitMs = 500;
const moreWaitMs = 1500;

export class TargetLock {
  /** What the storage held when the lock was taken, without locks. */
  readonly stored: readonly StoredObject[];
  readonly #options: TargetLockOptions;
  readonly #name: string;
  readonly #own: LockHolder;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    options: TargetLockOptions,
    name: string,
    own: LockHolder,
    stored: readonly StoredObject[],
  ) {
    this.#options = options;
    this.#name = name;
    this.#own = own;
    this.stored = stored;
    this.#timer = setInterval(() => {
      void this.#refresh().catch(() => undefined); // `check` tells what there is to tell
    }, refreshSeconds * 1000);
    this.#timer.unref();
  }

  /** LOCKED when another holds it for longer than is to be waited. */
  static async take(options: TargetLockOptions): Promise<TargetLock> {
    const { storage, prefixes, archiveFolder, lockWaitSeconds, stop } = options;
    const abandoned = await notedLocks(archiveFolder);
    const own = ownHolder();
    const deadline = Date.now() + lockWaitSeconds * 1000;
    for (;;) {
      const name = newLockName(prefixes);
      await noteLocks(archiveFolder, [...abandoned, name]);
      await put(storage, name, own);
      try {
        const listed = await storage.list();
        const other = await firstHolder(options, listed, { name, own, abandoned });
        if (other === undefined) {
          await noteLocks(archiveFolder, [name]);
          const stored = listed.filter((object) => !isLockName(object.name, prefixes));
          return new TargetLock(options, name, own, stored);
        }
        if (Date.now() >= deadline) throw lockedBy(other, storage.url);
        await drop(storage, name);
      } catch (error) {
        const forget = (): Promise<void> => noteLocks(archiveFolder, abandoned);
        await drop(storage, name).then(forget, () => undefined);
        throw error;
      }
      // not the same for two who came at once
      const wait = firstWaitMs + Math.random() * moreWaitMs;
      await setTimeout(wait, undefined, { signal: stop }).catch(() => undefined);
      stop.throwIfAborted();
    }
  }

  /**
   * Fails with LOCKED when the lock was lost, or when another program has completed a set meanwhile that an
   * incremental would be laid beside.
   */
  async check(times: SetTimes): Promise<void> {
    const { storage, prefixes } = this.#options;
    if (times.kind === 'full') {
      await this.checkHeld();
      return;
    }
    const before = wholeKeys(this.stored, prefixes);
    const listed = await storage.list();
    if (!listed.some(({ name }) => name === this.#name)) throw lost();
    for (const key of wholeKeys(listed, prefixes)) {
      if (before.has(key) || key === setKey(times)) continue;
      throw new DuplifsError('LOCKED', `Another program has written the set ${key} meanwhile`, {
        hint: 'Run the same command again: it begins anew on that set',
      });
    }
  }

  /** Fails with LOCKED when the lock was lost. */
  async checkHeld(): Promise<void> {
    if ((await this.#options.storage.stat(this.#name)) === undefined) throw lost();
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const { storage, archiveFolder } = this.#options;
    // left behind it is nobody's once this process has ended, so a storage that fails is not waited for
    const signal = AbortSignal.timeout(releaseMilliseconds);
    const forget = (): Promise<void> => noteLocks(archiveFolder, []);
    await drop(storage, this.#name, signal).then(forget, () => undefined);
  }

  /** Shows that the holder lives; a lock that another has taken over is not put again. */
  async #refresh(): Promise<void> {
    const { storage } = this.#options;
    if ((await storage.stat(this.#name)) === undefined) return;
    await put(storage, this.#name, { ...this.#own, renewed: Math.floor(Date.now() / 1000) });
  }
}

interface OwnLock {
  readonly name: string;
  readonly own: LockHolder;
  readonly abandoned: ReadonlySet<string>;
}

/** The first living holder's lock among the others; those who are gone lose theirs. */
async function firstHolder(
  { storage, prefixes, report }: TargetLockOptions,
  listed: readonly StoredObject[],
  { name: ownName, own, abandoned }: OwnLock,
): Promise<HeldLock | undefined> {
  const others = listed.filter(({ name }) => name !== ownName);
  const nowSeconds = listed.find(({ name }) => name === ownName)?.modifiedSeconds;
  for await (const lock of locksAmong(others, { storage, prefixes, own, abandoned, nowSeconds })) {
    if (!lock.isGone) return lock;
    report({ level: 'notice', code: 'stale-lock-removed', holder: lock.holder });
    await drop(storage, lock.name);
  }
  return undefined;
}

/** Who may write and not remove leaves an empty file, which is nobody's lock. */
async function drop(storage: Storage, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await storage.remove([name], signal);
  } catch (error) {
    if (!isDuplifsError(error, 'STORAGE_DENIED')) throw error;
    const options = signal === undefined ? { size: 0 } : { size: 0, signal };
    await storage.write(name, Buffer.alloc(0), options).catch((failure: unknown) => {
      if (!isDuplifsError(failure, 'STORAGE_DENIED')) throw failure;
    });
  }
}

async function put(storage: Storage, name: string, holder: LockHolder): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(holder)}\n`);
  await storage.write(name, bytes, { size: bytes.length });
}

function lockedBy(lock: HeldLock, url: string): DuplifsError {
  const message = `Another backup is writing to "${url}": ${describeLock(lock)}`;
  return new DuplifsError('LOCKED', message, { hint: lockHint(lock) });
}

function lost(): DuplifsError {
  return new DuplifsError('LOCKED', 'Another backup has taken over the lock on the target', {
    hint: 'This machine may have slept. Run the same command again',
  });
}

function wholeKeys(objects: readonly StoredObject[], prefixes: NamePrefixes): ReadonlySet<string> {
  const files = objects.map(({ name }) => parseFileName(name, { prefixes }));
  return wholeSetKeys(files.filter((file) => file !== undefined));
}
