/** Copies one file between storages, as it is: what arrives is hashed on the way, and read back. */
import { createHash } from 'node:crypto';
import { DuplifsError } from '../base/index.js';
import { Replayable } from '../storage/index.js';
import type { Storage } from '../storage/index.js';

/** What a file's bytes must be. */
export interface ExpectedHash {
  readonly algorithm: 'sha1' | 'md5' | 'sha256';
  /** Lower-case hex digits. */
  readonly hex: string;
}

export interface FileCopy {
  readonly from: Storage;
  readonly to: Storage;
  readonly name: string;
  /** In bytes, on the source. */
  readonly size: number;
  /** Undefined where nothing tells. */
  readonly expected: ExpectedHash | undefined;
  readonly signal: AbortSignal;
}

/**
 * Copies the file; the bytes never appear under their name where they are not what is expected.
 * @throws DuplifsError DAMAGED, and what the storages throw
 */
export async function copyFile(copy: FileCopy): Promise<void> {
  const { from, to, name, size, expected, signal } = copy;
  const algorithm = expected?.algorithm ?? 'sha256';
  const passed: { hex?: string } = {};
  const body = new Replayable(async function* () {
    const digest = createHash(algorithm);
    for await (const chunk of from.read(name, undefined, signal)) {
      digest.update(chunk);
      yield chunk;
    }
    passed.hex = digest.digest('hex');
    // thrown before the end, so that the storage gives the file no name
    if (expected !== undefined && passed.hex !== expected.hex) throw damaged(name, from);
  });
  await to.write(name, body, { size, signal });
  const back = await hashOf(to, name, algorithm, signal);
  if (back === passed.hex) return;
  await to.remove([name]);
  throw copyFailure(name, to);
}

/** What was read back is not what was put. */
export function copyFailure(name: string, { url }: Storage): DuplifsError {
  return new DuplifsError('DAMAGED', `"${name}" read back from "${url}" is not what was put`, {
    hint: 'That storage does not keep what it is given',
  });
}

/** Whether the storage has the file, and with these bytes. */
export async function hasFile(
  storage: Storage,
  name: string,
  expected: ExpectedHash,
  signal: AbortSignal,
): Promise<boolean> {
  return (await hashOf(storage, name, expected.algorithm, signal)) === expected.hex;
}

export async function hashOf(
  storage: Storage,
  name: string,
  algorithm: ExpectedHash['algorithm'],
  signal: AbortSignal,
): Promise<string> {
  const digest = createHash(algorithm);
  for await (const chunk of storage.read(name, undefined, signal)) digest.update(chunk);
  return digest.digest('hex');
}

function damaged(name: string, { url }: Storage): DuplifsError {
  return new DuplifsError(
    'DAMAGED',
    `"${name}" on "${url}" is damaged: its hash is not the one that its set names`,
    { hint: 'Bring the file back from another copy; nothing of it was copied' },
  );
}
