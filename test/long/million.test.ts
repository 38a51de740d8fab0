/**
 * A tree of a million entries stays within the memory that is promised, whatever is done with it. The figures are printed;
 * docs/performance.md keeps them. DUPLIFS_ENTRIES makes it smaller.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { measuredDuplifs, peakOf } from '../support/peak-memory.js';
import { built, run } from '../support/run.js';

const entries = Number(process.env['DUPLIFS_ENTRIES'] ?? 1_000_000);
const promisedBytes = 300 * 2 ** 20;
const hour = 3_600_000;

describe('a tree of a million entries', () => {
  beforeAll(built);

  it('is backed up, continued and mounted within 300 MiB of memory', async () => {
    await withFolder(async (folder) => {
      const source = join(folder, 'source');
      const count = makeTree(source);
      const url = `file://${join(folder, 'target')}`;
      const env = { PASSPHRASE: 'a pass phrase' };
      const archive = ['--archive-dir', join(folder, 'archive')];
      const figures: Record<string, string> = {};
      const backUp = async (name: string, verb: string, more: readonly string[] = []) => {
        const args = [verb, '--json', ...archive, ...more, source, url];
        const began = Date.now();
        const note = join(folder, 'note');
        const ran = await measuredDuplifs(args, note, { env, timeoutMs: hour });
        expect([name, ran.status, ran.stderr]).toEqual([name, 0, ran.stderr]);
        const seconds = Math.round((Date.now() - began) / 1000);
        figures[name] = `${Math.round(ran.peakBytes / 2 ** 20)} MiB, ${seconds} s`;
        return JSON.parse(ran.stdout) as Record<string, number>;
      };

      expect(await backUp('full', 'full')).toMatchObject({ newFiles: count });
      const same = await backUp('incremental, nothing changed', 'incremental');
      expect(same).toMatchObject({ sourceFiles: count, deltaEntries: 0 });
      const fresh = ['--archive-dir', join(folder, 'another')];
      const again = await backUp('incremental, fresh archive dir', 'incremental', fresh);
      expect(again).toMatchObject({ sourceFiles: count, deltaEntries: 0 });

      if (canMount) {
        await withMount({ url, env, args: archive }, async (mounted) => {
          const began = Date.now();
          const found = await run(
            'bash',
            ['-c', 'find "$1" | wc -l', 'bash', mounted.at('latest/')],
            {
              timeoutMs: hour,
            },
          );
          expect(Number(found.stdout)).toBe(count);
          const seconds = Math.round((Date.now() - began) / 1000);
          figures['mount and find'] =
            `${Math.round(peakOf(mounted.pid) / 2 ** 20)} MiB, ${seconds} s`;
        });
      }

      // most of it is gone at once, between two folders that stay
      rmSync(join(source, 'm'), { recursive: true });
      const gone = await backUp('incremental, half is gone', 'incremental');
      expect(gone['deletedFiles']).toBeGreaterThan(entries / 3);

      console.log(figures);
      for (const [name, figure] of Object.entries(figures)) {
        expect([name, parseInt(figure) * 2 ** 20 <= promisedBytes]).toEqual([name, true]);
      }
    });
  });
});

/** Small and empty files in folders of a hundred, and one folder that holds a fifth of all; their number, folders included. */
function makeTree(source: string): number {
  let count = 1;
  const folder = (path: string): string => {
    mkdirSync(path, { recursive: true });
    count += 1;
    return path;
  };
  const fill = (path: string, files: number): void => {
    for (let i = 0; i < files; i += 1)
      writeFileSync(join(path, `file-${i}.txt`), String(i % 7 && i));
    count += files;
  };
  mkdirSync(source);
  fill(folder(join(source, 'a-large-one')), Math.floor(entries / 5));
  for (const top of ['m', 'z']) {
    folder(join(source, top));
    for (let i = 0; i * 100 < entries * 0.4; i += 1) {
      fill(folder(join(source, top, `folder-with-a-name-${i}`)), 99);
    }
  }
  return count;
}
