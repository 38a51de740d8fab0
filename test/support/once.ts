/** What several test files need is made by the first that asks, once in a run; the others wait for it. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';

const pollMs = 100;

/**
 * The folder `name` of this run, filled by `make`. It is made under its final path, for GnuPG's homes and
 * URLs hold paths, and counts from when `make` has ended. A failure fails everybody who asks.
 */
export async function once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject('runFolder'), name);
  const state = `${folder}.state`;
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await made(state);
    return folder;
  }
  let outcome = '';
  try {
    await make(folder);
  } catch (error) {
    outcome = error instanceof Error ? error.message : String(error);
    throw error;
  } finally {
    await writeFile(`${state}.new`, outcome);
    await rename(`${state}.new`, state);
  }
  return folder;
}

async function made(state: string): Promise<void> {
  while ((await stat(state).catch(() => undefined)) === undefined) await setTimeout(pollMs);
  const failure = await readFile(state, 'utf8');
  if (failure !== '') throw new Error(`It could not be made: ${failure}`);
}
