/** Sets that appear, vanish or are replaced under a reader, and entries that lie where they should not. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { openDatabase } from '../../src/sqlite/index.js';
import { file, folder, link, timesOf, writeSet } from '../support/craft.js';
import { noise } from '../support/noise.js';
import { bytesOf, treeOf, withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';
import { catalogOf, smallChain } from './small-chain.js';

const newFolder = temporaryFolders();

describe('sets on the storage', () => {
  it('that appear are seen at the next look, and the older ones stay as they were', async () => {
    const target = smallChain(newFolder());
    await withTest(target, async ({ repository }) => {
      const [before] = repository.sets();
      await treeOf(repository, before);
      writeSet(target, { times: timesOf(2), volumes: [[folder(''), file('c', 'new')]] });
      await repository.refresh();
      expect(repository.sets()).toHaveLength(3);
      expect((await bytesOf(repository, 'c')).toString()).toBe('new');
      expect(repository.sets()[1]).toEqual(before);
      expect([...(await treeOf(repository, before)).keys()]).toEqual(['', 'a', 'b']);
    });
  });

  it('that vanish are gone, and what only they had with them', async () => {
    const target = smallChain(newFolder());
    await withTest(target, async ({ repository }) => {
      writeSet(target, {
        times: timesOf(2),
        volumes: [[folder(''), folder('only'), folder('only/here'), file('only/here/c', 'new')]],
      });
      await repository.refresh();
      await repository.history.load();
      await treeOf(repository);
      expect(repository.history.find(1, 'only')).toBeDefined();
      for (const name of readdirSync(target)) {
        if (name.includes('20231116T221320Z')) rmSync(join(target, name));
      }
      await repository.refresh();
      expect(repository.sets()).toHaveLength(2);
      expect(repository.history.find(1, 'only')).toBeUndefined();
      expect([...(await treeOf(repository)).keys()]).toEqual(['', 'a', 'b']);
    });
    const database = openDatabase(catalogOf(target), { isReadOnly: true, timeoutMs: 5000 });
    const count = (table: string): unknown =>
      database
        .prepare(`SELECT count(*) FROM ${table} WHERE set_id NOT IN (SELECT id FROM sets)`)
        .pluck()
        .get();
    expect([count('versions'), count('pieces'), count('volumes')]).toEqual([0, 0, 0]);
    database.close();
  });

  it('that are replaced under a reader show the new bytes, never a mixture', async () => {
    const target = join(newFolder(), 'target');
    const write = (seed: number, size: number): void => {
      writeSet(target, {
        times: timesOf(0),
        volumes: [[folder(''), file('a', noise(size, seed)), file('b', noise(size + 1, seed + 1))]],
      });
    };
    write(1, 1000);
    await withTest(target, async ({ repository }) => {
      const old = repository.sets()[0];
      expect((await bytesOf(repository, 'a')).equals(noise(1000, 1))).toBe(true);
      rmSync(target, { recursive: true });
      write(7, 30_000);
      // a manifest of another size is another set
      const manifest = readdirSync(target).find((name) => name.includes('manifest')) ?? '';
      writeFileSync(
        join(target, manifest),
        'Hostname other\n' + readFileSync(join(target, manifest)).toString(),
      );
      await repository.refresh();
      const [now] = repository.sets();
      expect(now?.id).not.toBe(old?.id);
      expect((await bytesOf(repository, 'a')).equals(noise(30_000, 7))).toBe(true);
      expect((await bytesOf(repository, 'b')).equals(noise(30_001, 8))).toBe(true);
      expect(old).toBeDefined();
      await expect(treeOf(repository, old)).rejects.toMatchObject({ code: 'NO_BACKUP' });
    });
  });

  it('that are replaced in the middle of a chain leave nothing of the old in later ones', async () => {
    const target = smallChain(newFolder());
    await withTest(target, async ({ repository }) => {
      await treeOf(repository);
      // an incremental from the full to a later day takes the place of the first
      writeSet(target, { times: timesOf(2, 0), volumes: [[folder(''), file('c', 'sea')]] });
      await repository.refresh();
      const tree = await treeOf(repository);
      expect([...tree.keys()]).toEqual(['', 'a', 'b', 'c', 'd', 'd/e']);
      expect(tree.get('a')?.bytes?.toString()).toBe('first');
    });
  });

  it('that vanish while they are listed give an error, and leave nothing behind', async () => {
    const target = smallChain(newFolder());
    const many = Array.from({ length: 30_000 }, (_, n) => file(`f${String(n).padStart(6, '0')}`));
    writeSet(target, { times: timesOf(2), volumes: [[folder(''), ...many]] });
    await withTest(target, async ({ repository }) => {
      const [set] = repository.sets();
      if (set === undefined) throw new Error('no set');
      const loading = repository.snapshot(set).load();
      loading.catch(() => undefined);
      for (const name of readdirSync(target)) {
        if (name.includes('20231116T221320Z')) rmSync(join(target, name));
      }
      await repository.refresh();
      await expect(loading).rejects.toSatisfy((error) => isDuplifsError(error));
      await repository.refresh();
      expect([...(await treeOf(repository)).keys()]).toEqual(['', 'a', 'b']);
    });
  });
});

describe('what lies out of order', () => {
  it('is shown in its place, with a warning', async () => {
    const target = join(newFolder(), 'target');
    writeSet(target, {
      times: timesOf(0),
      volumes: [[folder(''), file('z', 'last'), file('m/n', 'no parent'), file('a', 'first')]],
    });
    await withTest(target, async ({ repository, warnings }) => {
      const tree = await treeOf(repository);
      expect([...tree.keys()]).toEqual(['', 'a', 'm', 'm/n', 'z']);
      expect(tree.get('m/n')?.bytes?.toString()).toBe('no parent');
      expect(warnings.join()).toContain('out of order');
      expect(warnings.join()).toContain('no entry for the folder "m"');
    });
  });

  it('below something that is no folder is not shown, with a warning', async () => {
    const target = join(newFolder(), 'target');
    writeSet(target, {
      times: timesOf(0),
      volumes: [[folder(''), link('l', '/etc'), file('l/passwd', 'planted'), file('f', 'x')]],
    });
    await withTest(target, async ({ repository, warnings }) => {
      expect([...(await treeOf(repository)).keys()]).toEqual(['', 'f', 'l']);
      expect(warnings.join()).toContain('entries below "l"');
    });
  });
});
