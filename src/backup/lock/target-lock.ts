/**
 * One writer for a target, whatever machine or archive dir it writes from: two incrementals on the same set would
 * make one of them disappear from its chain. The lock is a file on the storage that duplicity passes over,
 * `duplifs-lock.` and 16 hexadecimal digits. Whoever wants it puts its own and then lists: whoever else is there has
 * been first, or comes second and sees this one. Nobody has to delete a lock: one whose holder is gone is removed.
 *
 * A machine that slept may have lost its lock; and duplicity knows of none. So before a manifest completes a set,
 * `check` looks again.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseFileName, setKey } from '../../archive/index.js';
import type { NamePrefixes, SetTimes } from '../../archive/index.js';
import { DuplifsError, isDuplifsError } from '../../base/index.js';
import { readWhole } from '../../storage/index.js';
import type { Storage, StoredObject } from '../../storage/index.js';
import { isGone, ownHolder, parseHolder, refreshSeconds } from './holder.js';
import type { Holder } from './holder.js';

export interface TargetLockOptions {
  readonly storage: Storage;
  readonly prefixes: NamePrefixes;
  readonly lockWaitSeconds: number;
  readonly stop: AbortSignal;
  readonly notice: (message: string) => void;
}

const maxLockBytes = 64 * 1024;
const releaseMilliseconds = 10_000;
const firstWaitMs = 500;
const moreWaitMs = 1500;

export class TargetLock {
  /** What the storage held when the lock was taken, without locks. */
  readonly stored: readonly StoredObject[];
  readonly #options: TargetLockOptions;
  readonly #name: string;
  readonly #own: Holder;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    options: TargetLockOptions,
    name: string,
    own: Holder,
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
    const { storage, prefixes, lockWaitSeconds, stop } = options;
    const own = ownHolder();
    const deadline = Date.now() + lockWaitSeconds * 1000;
    for (;;) {
      const name = `${lockPrefix(prefixes)}${randomBytes(8).toString('hex')}`;
      await put(storage, name, own);
      try {
        const listed = await storage.list();
        const other = await firstHolder(options, listed, name, own);
        if (other === undefined) {
          const stored = listed.filter((object) => !isLock(object.name, prefixes));
          return new TargetLock(options, name, own, stored);
        }
        if (Date.now() >= deadline) throw lockedBy(other, storage.url);
        await drop(storage, name);
      } catch (error) {
        await drop(storage, name).catch(() => undefined);
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
      if ((await storage.stat(this.#name)) === undefined) throw lost();
      return;
    }
    const before = completeSets(this.stored, prefixes);
    const listed = await storage.list();
    if (!listed.some(({ name }) => name === this.#name)) throw lost();
    for (const key of completeSets(listed, prefixes)) {
      if (before.has(key) || key === setKey(times)) continue;
      throw new DuplifsError('LOCKED', `Another program has written the set ${key} meanwhile`, {
        hint: 'Run the same command again: it begins anew on that set',
      });
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    // left behind it is nobody's once this process has ended, so a storage that fails is not waited for
    const signal = AbortSignal.timeout(releaseMilliseconds);
    await drop(this.#options.storage, this.#name, signal).catch(() => undefined);
  }

  /** Shows that the holder lives; a lock that another has taken over is not put again. */
  async #refresh(): Promise<void> {
    const { storage } = this.#options;
    if ((await storage.stat(this.#name)) !== undefined) await put(storage, this.#name, this.#own);
  }
}

/** Who holds a target, for people, and whether that backup has ended without giving it up. */
export interface TargetHolder {
  readonly text: string;
  readonly isGone: boolean;
}

/** Those who hold a target now; nothing is changed. */
export async function targetHolders(
  storage: Storage,
  prefixes: NamePrefixes,
): Promise<readonly TargetHolder[]> {
  const holders: TargetHolder[] = [];
  const listed = await storage.list();
  for await (const { holder, isGone } of locksAmong(listed, storage, prefixes, ownHolder())) {
    holders.push({ text: describe(holder), isGone });
  }
  return holders;
}

/** The first living holder among the others; those who are gone lose their locks. */
async function firstHolder(
  { storage, prefixes, notice }: TargetLockOptions,
  listed: readonly StoredObject[],
  ownName: string,
  own: Holder,
): Promise<Holder | 'unknown' | undefined> {
  const others = listed.filter(({ name }) => name !== ownName);
  // by the clock of the storage, where it shows one
  const now = listed.find(({ name }) => name === ownName)?.modifiedSeconds;
  for await (const { name, holder, isGone } of locksAmong(others, storage, prefixes, own, now)) {
    if (!isGone) return holder;
    notice(`Removing the lock of a backup that is gone (${describe(holder)})`);
    await drop(storage, name);
  }
  return undefined;
}

interface HeldLock {
  readonly name: string;
  readonly holder: Holder | 'unknown';
  readonly isGone: boolean;
}

/** The locks among these objects that somebody has; each is read when it is asked for. */
async function* locksAmong(
  objects: readonly StoredObject[],
  storage: Storage,
  prefixes: NamePrefixes,
  own: Holder,
  nowSeconds = Date.now() / 1000,
): AsyncGenerator<HeldLock> {
  for (const { name, size, modifiedSeconds } of objects) {
    if (size === 0 || !isLock(name, prefixes)) continue;
    const holder = size > maxLockBytes ? undefined : await readHolder(storage, name);
    if (holder === 'released') continue;
    const silentSeconds = nowSeconds - (modifiedSeconds ?? holder?.since ?? nowSeconds);
    yield { name, holder: holder ?? 'unknown', isGone: isGone(holder, own, silentSeconds) };
  }
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

async function readHolder(
  storage: Storage,
  name: string,
): Promise<Holder | 'released' | undefined> {
  try {
    return parseHolder(
      (await readWhole(storage, name, { maxBytes: maxLockBytes })).toString('utf8'),
    );
  } catch (error) {
    if (isDuplifsError(error, 'STORAGE_NOT_FOUND')) return 'released';
    throw error;
  }
}

async function put(storage: Storage, name: string, holder: Holder): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(holder)}\n`);
  await storage.write(name, bytes, { size: bytes.length });
}

function lockedBy(other: Holder | 'unknown', url: string): DuplifsError {
  return new DuplifsError('LOCKED', `Another backup is writing to "${url}" (${describe(other)})`, {
    hint: 'Wait for it to end, or give --lock-wait a time to wait',
  });
}

function lost(): DuplifsError {
  return new DuplifsError('LOCKED', 'Another backup has taken over the lock on the target', {
    hint: 'This machine may have slept. Run the same command again',
  });
}

function describe(other: Holder | 'unknown'): string {
  if (other === 'unknown') return 'it does not say who it is';
  return `process ${other.pid} on "${other.host}", since ${new Date(other.since * 1000).toISOString()}`;
}

function completeSets(objects: readonly StoredObject[], prefixes: NamePrefixes): Set<string> {
  const keys = new Set<string>();
  for (const { name } of objects) {
    const file = parseFileName(name, { prefixes });
    if (file?.kind === 'manifest' && !file.partial) keys.add(setKey(file.times));
  }
  return keys;
}

function lockPrefix({ all }: NamePrefixes): string {
  return `${all}duplifs-lock.`;
}

function isLock(name: string, prefixes: NamePrefixes): boolean {
  const prefix = lockPrefix(prefixes);
  return name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length));
}
