/** What a repository keeps of its snapshots does not grow with their number. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { CatalogSet, Snapshot } from '../../src/snapshot/index.js';
import { withFolder } from '../support/folders.js';
import { withTest } from '../support/open.js';
import { duplifs } from '../support/run.js';

const setCount = 12;
const fileCount = 1500;
const folderCount = 50;
/** What a snapshot may add, and what the measurement itself wavers by. */
const bytesPerSnapshot = 64 * 1024;
const waverBytes = 3 << 20;

async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** As `ls -l` in a mount does it. */
async function listAll(snapshot: Snapshot): Promise<void> {
  await snapshot.load();
  const root = snapshot.root();
  for (let after = ''; ;) {
    const children = snapshot.children(root.id, after, 500);
    for (const { id, type } of children) if (type === 'dir') snapshot.subfolders(id);
    const last = children.at(-1);
    if (last === undefined) return;
    after = last.name;
  }
}

describe('memory of snapshots', () => {
  it('is shared, however many sets are listed', { timeout: 300_000 }, async () => {
    await withFolder(async (folder) => {
      const source = join(folder, 'source');
      const target = join(folder, 'target');
      mkdirSync(source);
      for (let i = 0; i < fileCount; i += 1) writeFileSync(join(source, `file ${i}`), String(i));
      for (let i = 0; i < folderCount; i += 1) mkdirSync(join(source, `folder ${i}`));
      for (let set = 0; set < setCount; set += 1) {
        writeFileSync(join(source, 'changes'), String(set));
        const time = String(1_700_000_000 + set * 86_400);
        const args = ['--no-encryption', '--archive-dir', join(folder, 'cache'), '--current-time'];
        const made = await duplifs(['backup', ...args, time, source, `file://${target}`]);
        expect([made.status, made.stderr]).toEqual([0, made.stderr]);
      }
      await withTest(target, async ({ repository }) => {
        const sets = repository.sets();
        const list = async (some: readonly CatalogSet[]): Promise<void> => {
          for (const set of some) await listAll(repository.snapshot(set));
        };
        await list(sets.slice(0, 5));
        const before = await heldBytes();
        await list(sets.slice(5));
        const grown = (await heldBytes()) - before;
        expect(grown).toBeLessThan((sets.length - 5) * bytesPerSnapshot + waverBytes);
      });
    });
  });
});
