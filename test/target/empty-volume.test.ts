/** With --no-compression and --no-encryption duplicity writes a volume of no bytes where nothing has changed. */
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { firstSeconds } from '../support/craft.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs, runOk } from '../support/run.js';

beforeAll(built);

const plain = ['--no-encryption', '--no-compression'];

describe.runIf(hasDuplicity)('a set of duplicity whose volume has no bytes', () => {
  it('is whole: it is restored, found well and built on; a volume that was cut to nothing is missing', async () => {
    await withFolder(async (folder) => {
      const [source, target, out] = ['source', 'target', 'out'].map((name) => join(folder, name));
      if (!source || !target || !out) throw new Error('three folders');
      await mkdir(source);
      await writeFile(join(source, 'file'), 'content');
      const url = `file://${target}`;
      for (const [day, verb] of ['full', 'incremental', 'incremental'].entries()) {
        const time = ['--current-time', String(firstSeconds + day * 86_400)];
        const options = [...plain, ...time, '--archive-dir', join(folder, 'duplicity')];
        await runOk('duplicity', [verb, ...options, source, url]);
      }
      const volumes = (await readdir(target)).filter((name) => name.includes('.vol1.'));
      const sizes = await Promise.all(
        volumes.map(async (name) => (await stat(join(target, name))).size),
      );
      expect(sizes.filter((size) => size === 0)).toHaveLength(2);
      const ours = ['--archive-dir', join(folder, 'ours')];
      const restored = await duplifs(['restore', ...ours, url, out]);
      expect([restored.status, restored.stderr]).toEqual([0, restored.stderr]);
      expect(await readFile(join(out, 'file'), 'utf8')).toBe('content');
      const checked = await duplifs(['check', ...ours, url]);
      expect([checked.status, checked.stdout]).toEqual([0, checked.stdout]);
      const time = ['--current-time', String(firstSeconds + 4 * 86_400)];
      await writeFile(join(source, 'file'), 'changed');
      const made = await duplifs(['incremental', ...ours, ...plain, ...time, source, url]);
      expect([made.status, made.stderr]).toEqual([0, made.stderr]);
      const full = volumes.find((name) => name.startsWith('duplicity-full')) ?? '';
      await truncate(join(target, full), 0);
      const lost = await duplifs(['restore', ...ours, url, join(folder, 'lost')]);
      expect(lost.status, lost.stderr).toBe(24);
    });
  });
});
