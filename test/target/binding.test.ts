/** Genuine files of other sets do not take the place of a set's own. */
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { firstSeconds } from '../support/craft.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs } from '../support/run.js';
import type { Finished } from '../support/run.js';

beforeAll(built);

/** Backs the source up; every archive dir is fresh unless it is named. */
async function backUp(
  root: string,
  target: string,
  day: number,
  archive: string,
): Promise<Finished> {
  const time = ['--current-time', String(firstSeconds + day * 86_400)];
  const options = [...time, '--no-encryption', '--archive-dir', join(root, archive)];
  const verb = day === 0 ? 'full' : 'incremental';
  return duplifs([verb, ...options, join(root, 'source'), `file://${join(root, target)}`]);
}

/** A full and two incrementals, the file changed in each. */
async function makeChain(root: string, target: string, words: readonly string[]): Promise<void> {
  await mkdir(join(root, 'source'), { recursive: true });
  for (const [day, word] of words.entries()) {
    await writeFile(join(root, 'source', 'file'), word.repeat(1000 + day));
    const made = await backUp(root, target, day, `archive-${target}`);
    expect(made, made.stderr).toMatchObject({ status: 0 });
  }
}

describe('a set', () => {
  it('is not laid on another base than the one that it was made on', async () => {
    await withFolder(async (root) => {
      await makeChain(root, 'one', ['genuine', 'changed']);
      await makeChain(root, 'other', ['another']);
      for (const name of await readdir(join(root, 'other'))) {
        await copyFile(join(root, 'other', name), join(root, 'one', name));
      }
      const out = join(root, 'out');
      const restored = await duplifs(['restore', `file://${join(root, 'one')}`, out]);
      expect(restored.status, restored.stderr).toBe(21);
      expect(restored.stderr).toContain('was made on another set than the one that is stored');
      await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  it('is not built on the signatures of another one', async () => {
    await withFolder(async (root) => {
      await makeChain(root, 'one', ['first', 'second', 'third']);
      const target = join(root, 'one');
      const signatures = (await readdir(target))
        .filter((name) => name.startsWith('duplicity-new-signatures'))
        .toSorted();
      const [older = '', newer = ''] = signatures;
      expect(signatures).toHaveLength(2);
      await copyFile(join(target, older), join(target, newer));
      const before = await readdir(target);
      await writeFile(join(root, 'source', 'file'), 'fourth');
      const refused = await backUp(root, 'one', 3, 'fresh');
      expect(refused.status, refused.stderr).toBe(21);
      expect(refused.stderr).toContain(newer);
      expect(await readdir(target)).toEqual(before);
      // whoever has the signatures here needs none from there
      const made = await backUp(root, 'one', 3, 'archive-one');
      expect(made, made.stderr).toMatchObject({ status: 0 });
      await rm(join(root, 'fresh'), { recursive: true });
    });
  });

  it('is built on with a warning where nothing tells which signatures are its own', async () => {
    await withFolder(async (root) => {
      await makeChain(root, 'one', ['first', 'second']);
      const target = join(root, 'one');
      const [index = ''] = (await readdir(target)).filter(
        (name) => name.startsWith('duplifs-index') && name.includes('.to.'),
      );
      await writeFile(join(target, index), 'damaged');
      await writeFile(join(root, 'source', 'file'), 'third');
      const made = await backUp(root, 'one', 3, 'fresh');
      expect(made, made.stderr).toMatchObject({ status: 0 });
      expect(made.stderr).toContain(`"${index}" cannot be read, so nothing tells whether`);
    });
  });

  it('is built on with a warning where its index is gone and others of its chain have one', async () => {
    await withFolder(async (root) => {
      await makeChain(root, 'one', ['first', 'second']);
      const target = join(root, 'one');
      const [index = ''] = (await readdir(target)).filter(
        (name) => name.startsWith('duplifs-index') && name.includes('.to.'),
      );
      await rm(join(target, index));
      await writeFile(join(root, 'source', 'file'), 'third');
      const made = await backUp(root, 'one', 3, 'fresh');
      expect(made, made.stderr).toMatchObject({ status: 0 });
      expect(made.stderr).toContain('has no index, and others of its chain have one');
    });
  });

  it('is not shown under the name of another one', async () => {
    await withFolder(async (root) => {
      await makeChain(root, 'one', ['first', 'second', 'third']);
      const target = join(root, 'one');
      const [first, second] = [
        '20231114T221320Z.to.20231115T221320Z',
        '20231115T221320Z.to.20231116T221320Z',
      ] as const;
      for (const name of await readdir(target)) {
        if (!name.includes(first)) continue;
        await copyFile(join(target, name), join(target, name.replace(first, second)));
      }
      const out = join(root, 'out');
      for (const words of [
        ['restore', `file://${target}`, out],
        ['ls', `file://${target}`],
      ]) {
        const refused = await duplifs([...words, '--archive-dir', join(root, 'fresh')]);
        expect(refused.status, refused.stderr).toBe(21);
        expect(refused.stderr).toContain(`is the index of another set, ${first}`);
      }
      await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
      const made = await backUp(root, 'one', 3, 'other');
      expect(made.status, made.stderr).toBe(21);
    });
  });
});
