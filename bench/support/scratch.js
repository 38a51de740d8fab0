/** Folders for what a measurement writes, which are gone when it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder, calls `work` with its path, and removes it with all that it holds.
 *
 * @template T
 * @param {string} name a part of the folder's name
 * @param {(folder: string) => Promise<T>} work
 * @param {string} [parent] by default DUPLIFS_BENCH_DIR, or the system's folder for temporary files
 * @returns {Promise<T>}
 */
export async function inScratch(name, work, parent = process.env.DUPLIFS_BENCH_DIR ?? tmpdir()) {
  const folder = await mkdtemp(join(parent, `duplifs-bench-${name}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
