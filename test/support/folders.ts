/** Folders for one test, removed with all that is in them. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Chain } from './chains.js';

/** Runs `work` with a new folder. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(inject('runFolder'), 'folder-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `work` with a copy of a backup that may be changed. */
export async function withCopy(backup: Chain, work: (copy: Chain) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const target = join(folder, 'target');
    await cp(backup.target, target, { recursive: true });
    await work({ ...backup, target, url: `file://${target}` });
  });
}
