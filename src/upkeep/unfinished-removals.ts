/**
 * Which sets a removal is about to remove, noted in the archive dir while it does: a set whose manifest is gone is no
 * longer old, or of any chain, so that the next removal would not know it.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../base/index.js';

/** Its name in the target's folder of the archive dir. */
const removingName = 'duplifs-removing.json';

const removing = z.object({ version: z.literal(1), sets: z.array(z.string()) });

/** Keys of the sets; none where nothing can be read, for `cleanup` knows what is left of a set by itself. */
export async function unfinishedRemovals(archiveFolder: string): Promise<ReadonlySet<string>> {
  try {
    const text = await readFile(join(archiveFolder, removingName), 'utf8');
    return new Set(removing.parse(JSON.parse(text)).sets);
  } catch {
    return new Set();
  }
}

export async function noteRemovals(archiveFolder: string, keys: Iterable<string>): Promise<void> {
  const noted = JSON.stringify({ version: 1, sets: [...keys] });
  await replaceFile(join(archiveFolder, removingName), `${noted}\n`);
}

export async function forgetRemovals(archiveFolder: string): Promise<void> {
  await rm(join(archiveFolder, removingName), { force: true });
}
