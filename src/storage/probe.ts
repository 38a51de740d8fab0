import { randomBytes } from 'node:crypto';
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import { readWhole } from './read-whole.js';
import type { Storage } from './storage.js';

/** One thing that was tried on a storage. */
export interface StorageCheck {
  readonly name: 'list' | 'write' | 'read' | 'clock' | 'delete';
  readonly state: 'ok' | 'failed' | 'skipped';
  /** A sentence for the user. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** duplicity ignores a name that begins so (docs/format/1-bytes.md 1.2). */
const probePrefix = 'duplifs-probe-';

/** A clock that is off by more makes S3 refuse requests, and times of backup sets wrong. */
const maxSkewSeconds = 300;

/**
 * Tries what backups need on a storage: list, and with `write` also write a small file, read it, compare
 * the clocks by its time, and delete it. Nothing of it is left behind if it can be deleted.
 */
export async function probeStorage(
  storage: Storage,
  options: { readonly write?: boolean; readonly signal?: AbortSignal } = {},
): Promise<StorageCheck[]> {
  const { signal } = options;
  const checks: StorageCheck[] = [await checkList(storage, signal)];
  if (options.write !== true || checks[0]?.state === 'failed') return checks;
  const name = `${probePrefix}${randomBytes(8).toString('hex')}`;
  const content = randomBytes(64);
  const before = Date.now() / 1000;
  checks.push(
    await attempt('write', 'A file can be written', async () => {
      await storage.write(name, content, having(signal));
    }),
  );
  if (checks.at(-1)?.state === 'failed') return checks;
  checks.push(
    await attempt('read', 'A file can be read, whole and in part', async () => {
      const whole = await readWhole(storage, name, { maxBytes: 64, ...having(signal) });
      const part: Uint8Array[] = [];
      for await (const chunk of storage.read(name, { offset: 10, length: 20 }, signal)) {
        part.push(chunk);
      }
      if (whole.equals(content) && Buffer.concat(part).equals(content.subarray(10, 30))) return;
      throw new DuplifsError('DAMAGED', 'What was read is not what was written');
    }),
    await checkClock(storage, name, before, signal),
    await attempt('delete', 'A file can be deleted', async () => {
      await storage.remove([name], signal);
      if (await storage.stat(name, signal)) throw new Error(`"${name}" is still there`);
    }),
  );
  return checks;
}

async function checkList(storage: Storage, signal: AbortSignal | undefined): Promise<StorageCheck> {
  try {
    const objects = await storage.list(signal);
    const archived = objects.filter((object) => object.archived === true).length;
    const cold = archived === 0 ? '' : `, ${archived} of them in an archive tier`;
    return {
      name: 'list',
      state: 'ok',
      message: `"${storage.url}" can be listed: ${objects.length} files${cold}`,
    };
  } catch (error) {
    if (!isDuplifsError(error, 'STORAGE_NOT_FOUND')) return failed('list', error);
    return {
      name: 'list',
      state: 'ok',
      message: `"${storage.url}" does not exist yet`,
      hint: 'The first backup makes it; if there should be backups, check the URL',
    };
  }
}

async function checkClock(
  storage: Storage,
  name: string,
  beforeSeconds: number,
  signal: AbortSignal | undefined,
): Promise<StorageCheck> {
  try {
    const objects = await storage.list(signal);
    const written = objects.find((object) => object.name === name)?.modifiedSeconds;
    if (written === undefined) {
      return { name: 'clock', state: 'skipped', message: 'The storage does not tell its time' };
    }
    const now = Date.now() / 1000;
    const skew = written < beforeSeconds ? written - beforeSeconds : Math.max(0, written - now);
    const seconds = Math.round(Math.abs(skew));
    if (seconds <= maxSkewSeconds) {
      return { name: 'clock', state: 'ok', message: 'The clocks of storage and machine agree' };
    }
    return {
      name: 'clock',
      state: 'failed',
      message: `The storage's clock is ${seconds} seconds ${skew < 0 ? 'behind' : 'ahead of'} this one`,
      hint: 'Let both be set by NTP',
    };
  } catch (error) {
    return failed('clock', error);
  }
}

async function attempt(
  name: StorageCheck['name'],
  message: string,
  call: () => Promise<void>,
): Promise<StorageCheck> {
  try {
    await call();
    return { name, state: 'ok', message };
  } catch (error) {
    return failed(name, error);
  }
}

function failed(name: StorageCheck['name'], error: unknown): StorageCheck {
  const hint = error instanceof DuplifsError ? error.hint : undefined;
  return {
    name,
    state: 'failed',
    message: errorText(error),
    hint,
  };
}

function having(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
