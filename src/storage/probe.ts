import { randomBytes } from 'node:crypto';
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import { readWhole } from './read-whole.js';
import type { Storage, StoredObject } from './storage.js';

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

const probeBytes = 64;

/** A clock that is off by more makes S3 refuse requests, and times of backup sets wrong. */
const maxSkewSeconds = 300;

/**
 * Tries what is needed of a storage: to list and to read, which changes nothing; with `write` also what backups need, to
 * write a small file, read it, compare the clocks by its time, and delete it. Nothing of it is left behind if it can be
 * deleted.
 */
export async function probeStorage(
  storage: Storage,
  options: { readonly write?: boolean; readonly signal?: AbortSignal } = {},
): Promise<StorageCheck[]> {
  const { signal } = options;
  const { check, objects } = await checkList(storage, signal);
  const checks: StorageCheck[] = [check];
  if (check.state === 'failed') return checks;
  if (options.write !== true) return [...checks, await checkRead(storage, objects, signal)];
  const name = `${probePrefix}${randomBytes(8).toString('hex')}`;
  const content = randomBytes(probeBytes);
  const before = Date.now() / 1000;
  checks.push(
    await attempt('write', 'A file can be written', async () => {
      await storage.write(name, content, having(signal));
    }),
  );
  if (checks.at(-1)?.state === 'failed') return checks;
  checks.push(
    await attempt('read', 'A file can be read, whole and in part', async () => {
      const whole = await readWhole(storage, name, { maxBytes: probeBytes, ...having(signal) });
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

interface Listed {
  readonly check: StorageCheck;
  readonly objects: readonly StoredObject[];
}

async function checkList(storage: Storage, signal: AbortSignal | undefined): Promise<Listed> {
  try {
    const objects = await storage.list(signal);
    const archived = objects.filter((object) => object.archived === true).length;
    const cold = archived === 0 ? '' : `, ${archived} of them in an archive tier`;
    const message = `"${storage.url}" can be listed: ${objects.length} files${cold}`;
    return { check: { name: 'list', state: 'ok', message }, objects };
  } catch (error) {
    if (!isDuplifsError(error, 'STORAGE_NOT_FOUND')) {
      return { check: failed('list', error), objects: [] };
    }
    const message = `"${storage.url}" does not exist yet`;
    const hint = 'The first backup makes it; if there should be backups, check the URL';
    return { check: { name: 'list', state: 'ok', message, hint }, objects: [] };
  }
}

/** Reads the beginning of a file that is there. */
async function checkRead(
  storage: Storage,
  objects: readonly StoredObject[],
  signal: AbortSignal | undefined,
): Promise<StorageCheck> {
  const found = objects.find(({ size, archived }) => size > 0 && archived !== true);
  if (found === undefined) {
    return { name: 'read', state: 'skipped', message: 'There is no file that could be read' };
  }
  return await attempt('read', 'A file can be read in part', async () => {
    const length = Math.min(found.size, probeBytes);
    let got = 0;
    for await (const chunk of storage.read(found.name, { offset: 0, length }, signal)) {
      got += chunk.length;
    }
    if (got !== length) throw new DuplifsError('DAMAGED', `"${found.name}" is cut off`);
  });
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
