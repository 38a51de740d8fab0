/** `consolidate` killed at a call by which it changes a file, and run again: what has to be there then. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ChainPlace } from './consolidated.js';

const options = ['--volsize', '1'];
/** Before names that lie in the archive dir. */
const archive = 'archive:';

/** The calls there are to be killed at. */
export async function consolidationCalls(place: ChainPlace): Promise<string[]> {
  const list = place.at('calls.json');
  const { status, stderr } = await place.consolidateUntil(`count ${list}`, options);
  expect([status, stderr]).toEqual([0, stderr]);
  return JSON.parse(await readFile(list, 'utf8')) as string[];
}

/**
 * Kills a run at that point, and runs again: then both sides have what they have after one run, and no more. In between
 * there is no set that looks whole and is not.
 */
export async function expectGoesOn(
  place: ChainPlace,
  point: string,
  wanted: readonly string[],
): Promise<void> {
  const before = await place.stored();
  const killed = await place.consolidateUntil(point, options);
  expect([killed.status, killed.stderr]).toEqual([null, killed.stderr]);
  const left = await place.stored();
  const full = wanted.filter((name) => !name.startsWith(archive) && !before.includes(name));
  const manifest = full.find((name) => name.includes('.manifest')) ?? '';
  expect(manifest).not.toBe('');
  if (left.includes(manifest)) expect(left).toEqual(expect.arrayContaining(full));
  const { status, stderr } = await place.consolidateUntil(undefined, options);
  expect([status, stderr]).toEqual([0, stderr]);
  expect(await namesAfter(place)).toEqual(wanted);
}

/**
 * Names on the storage, and in the archive dir but for what a run leaves there in any case, and for files that were being
 * written anew: the next run that writes such a file takes its place.
 */
export async function namesAfter(place: ChainPlace): Promise<string[]> {
  const local = await readdir(join(place.at('cache-of-duplifs'), 'cache'));
  const own = local.filter(
    (name) => !/^duplifs-(?:locks|catalog|target)|^duplifs-.*\.new$/.test(name),
  );
  return [...(await place.stored()), ...own.map((name) => `${archive}${name}`).sort()];
}
