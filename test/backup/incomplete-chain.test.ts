/** A chain of which files are missing on the storage is not continued: nobody could restore what is laid on it. */
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifs, run } from '../support/run.js';
import { smallSource } from '../support/small-source.js';

beforeAll(built);

const at = (seconds: number) => ['--current-time', String(1_700_000_000 + seconds)];

describe.each([
  ['is gone', (path: string) => rm(path)],
  ['is empty', (path: string) => truncate(path, 0)],
  ['is cut short', (path: string) => truncate(path, 400)],
])('a chain of which a volume %s', (_, lose) => {
  it.each(['full', 'inc'] as const)('of its %s gets no incremental', async (lost) => {
    await withFolder(async (folder) => {
      const { source, target, args } = await smallSource(folder);
      expect(await duplifs(['full', ...at(0), ...args])).toMatchObject({ status: 0 });
      await writeFile(join(source, 'one'), 'one');
      const made = await duplifs(['incremental', ...at(10), ...args]);
      expect(made, made.stderr).toMatchObject({ status: 0 });
      const names = (await readdir(target)).filter((name) => name.includes(`duplicity-${lost}.`));
      const volume = names.find((name) => name.includes('.vol1.')) ?? '';
      await lose(join(target, volume));

      const before = await readdir(target);
      await writeFile(join(source, 'two'), 'two');
      const refused = await duplifs(['incremental', ...at(20), ...args]);
      expect(refused).toMatchObject({ status: 24 });
      expect(refused.stderr).toContain('The chain lacks volume 1 of set');
      expect(await readdir(target)).toEqual(before);

      const full = await duplifs(['backup', ...at(30), ...args]);
      expect(full, full.stderr).toMatchObject({ status: 0 });
      expect(full.stderr).toContain(
        'Warning: The chain cannot be continued, for the storage lacks',
      );
      const out = join(folder, 'out');
      expect(await duplifs(['restore', `file://${target}`, out])).toMatchObject({ status: 0 });
      expect(await run('diff', ['-r', source, out])).toMatchObject({ status: 0 });
    });
  });
});

describe('a volume of another size than it was put with', () => {
  it('is noticed from a new archive dir too, by the index', async () => {
    await withFolder(async (folder) => {
      const { source, target, archive, args } = await smallSource(folder);
      expect(await duplifs(['full', ...at(0), ...args])).toMatchObject({ status: 0 });
      const volume = (await readdir(target)).find((name) => name.includes('.vol2.')) ?? '';
      await truncate(join(target, volume), 400);
      await rm(archive, { recursive: true });
      await writeFile(join(source, 'two'), 'two');
      const refused = await duplifs(['incremental', ...at(20), ...args]);
      expect(refused, refused.stderr).toMatchObject({ status: 24 });
      expect(refused.stderr).toContain('volume 2 of set 20231114T221320Z in its size');
      const full = await duplifs(['backup', ...at(30), ...args]);
      expect(full, full.stderr).toMatchObject({ status: 0 });
      expect(full.stderr).toMatch(
        /volume 2 of set \w+ as it was put \(\d+ bytes, and there are 400\)/,
      );
    });
  });
});
