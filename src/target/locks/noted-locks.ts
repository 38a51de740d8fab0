/**
 * The locks on the target that runs with this archive dir have put, noted in it. Whoever holds the archive dir's own lock
 * knows by that that their runs are gone, where no process could be asked for: a container that was killed had
 * processes, and often a host name, of its own.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../base/index.js';

/** Its name in the target's folder of the archive dir. */
export const notedLocksFileName = 'duplifs-locks.json';

const notedSchema = z.object({ version: z.literal(1), locks: z.array(z.string()).max(1000) });

/** The names of lock files on the target; none where nothing can be read, for a lock then only lasts longer. */
export async function notedLocks(archiveFolder: string): Promise<ReadonlySet<string>> {
  try {
    const text = await readFile(join(archiveFolder, notedLocksFileName), 'utf8');
    return new Set(notedSchema.parse(JSON.parse(text)).locks);
  } catch {
    return new Set();
  }
}

/** Notes these instead of what was noted; a disk that refuses says so where more depends on it. */
export async function noteLocks(archiveFolder: string, names: Iterable<string>): Promise<void> {
  const path = join(archiveFolder, notedLocksFileName);
  const locks = [...names];
  const noted = JSON.stringify({ version: 1, locks });
  const write = locks.length === 0 ? rm(path, { force: true }) : replaceFile(path, `${noted}\n`);
  await write.catch(() => undefined);
}
