import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { openStorage, type Storage } from '../../src/storage/index.js';
import { compiledScript } from '../support/compiled.js';
import { deleted, file, folder, link, timesOf, writeSet } from '../support/craft.js';
import { noise } from '../support/noise.js';
import { bytesOf, treeOf, withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

/** A full of three files and an incremental that changes one and deletes one. */
function smallChain(): string {
  const target = join(newFolder(), 'target');
  const first = [folder(''), file('a', 'first'), file('b', 'bee'), folder('d'), file('d/e', 'x')];
  writeSet(target, { times: timesOf(0), volumes: [first] });
  writeSet(target, {
    times: timesOf(1),
    volumes: [[folder(''), file('a', 'second'), deleted('d'), deleted('d/e')]],
  });
  return target;
}

const catalogOf = (target: string): string => join(target, '../archive/duplifs-catalog.sqlite');

/** What can be read at the newest set, as text. */
async function texts(target: string, options = {}): Promise<Record<string, string | undefined>> {
  return withTest(
    target,
    async ({ repository }) => {
      const tree = await treeOf(repository);
      return Object.fromEntries([...tree].map(([path, { bytes }]) => [path, bytes?.toString()]));
    },
    options,
  );
}

const newest = { '': undefined, a: 'second', b: 'bee' };

/** A storage that counts what is read from it. */
async function counting(target: string): Promise<{ storage: Storage; reads: string[] }> {
  const inner = await openStorage(target);
  const reads: string[] = [];
  const storage: Storage = Object.create(inner, {
    read: {
      value: (...args: Parameters<Storage['read']>) => {
        reads.push(args[0]);
        return inner.read(...args);
      },
    },
    list: { value: inner.list.bind(inner) },
    close: { value: inner.close.bind(inner) },
  }) as Storage;
  return { storage, reads };
}

describe('the catalog', () => {
  it('survives restarts: nothing is read again but what was not seen', async () => {
    const target = smallChain();
    expect(await texts(target)).toEqual(newest);
    const { storage, reads } = await counting(target);
    await withTest(
      target,
      async ({ repository }) => {
        const [set] = repository.sets();
        if (set === undefined) throw new Error('no set');
        await repository.prepare(set);
        const snapshot = repository.snapshot(set);
        await snapshot.load();
        for (const { entry } of snapshot.walk(snapshot.root())) await snapshot.size(entry);
      },
      { storage },
    );
    expect(reads).toEqual([]);
  });

  it('lists a tree from the sigtars alone', async () => {
    const target = smallChain();
    const { storage, reads } = await counting(target);
    await withTest(
      target,
      async ({ repository }) => {
        const [set] = repository.sets();
        if (set === undefined) throw new Error('no set');
        const snapshot = repository.snapshot(set);
        await snapshot.load();
        expect([...snapshot.walk(snapshot.root())].map(({ path }) => path)).toEqual(['', 'a', 'b']);
      },
      { storage },
    );
    expect(reads.filter((name) => name.includes('difftar'))).toEqual([]);
  });

  it('and its folders are for the user alone', async () => {
    const target = smallChain();
    const archive = join(target, '../deep/archive');
    await texts(target, { archive });
    expect(statSync(archive).mode & 0o777).toBe(0o700);
    expect(statSync(join(archive, '..')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(archive).filter((known) => !known.endsWith('.lock'))) {
      expect([name, statSync(join(archive, name)).mode & 0o077]).toEqual([name, 0]);
    }
  });

  it.each([
    [
      'is no database',
      (path: string) => {
        writeFileSync(path, 'not a database at all');
      },
    ],
    [
      'is empty',
      (path: string) => {
        writeFileSync(path, '');
      },
    ],
    [
      'is cut short',
      (path: string) => {
        writeFileSync(path, readFileSync(path).subarray(0, 5000));
      },
    ],
    [
      'is of another version',
      (path: string) => {
        const database = new Database(path);
        database.pragma('user_version = 999');
        database.close();
      },
    ],
  ])('is made again when it %s', async (_, harm) => {
    const target = smallChain();
    await texts(target);
    harm(catalogOf(target));
    expect(await texts(target)).toEqual(newest);
    expect(await texts(target)).toEqual(newest);
  });

  it('that is damaged inside gives an error for people at most, and the next command makes it again', async () => {
    const target = smallChain();
    await texts(target);
    const path = catalogOf(target);
    const bytes = readFileSync(path);
    for (let page = 2; page * 4096 < bytes.length; page += 1) {
      bytes.fill(0x5a, page * 4096, page * 4096 + 200);
    }
    writeFileSync(path, bytes);
    const first = await texts(target).catch((error: unknown) => error);
    const isToldSo = isDuplifsError(first, 'DAMAGED') && first.message.includes(path);
    if (!isToldSo) expect(first).toEqual(newest); // noticed at once, and made again
    expect(await texts(target)).toEqual(newest);
  });

  it('that was left half-filled is filled anew', async () => {
    const target = smallChain();
    await texts(target);
    const database = new Database(catalogOf(target));
    database.exec(`UPDATE sets SET listed = -1; DELETE FROM versions WHERE name_id > 2;
      UPDATE volumes SET catalogued = 0; DELETE FROM pieces`);
    database.close();
    expect(await texts(target)).toEqual(newest);
  });

  it('is filled by one process at a time, and both see all of it', async () => {
    const target = smallChain();
    const all = await Promise.all(Array.from({ length: 4 }, async () => texts(target)));
    for (const seen of all) expect(seen).toEqual(newest);
  });

  it('finds a volume that came back, and notices one that vanished', async () => {
    const target = smallChain();
    const volume = readdirSync(target).find(
      (name) => name.startsWith('duplicity-full.') && name.includes('vol1'),
    );
    const path = join(target, volume ?? '');
    const bytes = readFileSync(path);
    rmSync(path);
    await withTest(target, async ({ repository }) => {
      expect(await repository.missingVolumes()).toHaveLength(1);
      await expect(bytesOf(repository, 'b')).rejects.toThrow();
      expect((await bytesOf(repository, 'a')).toString()).toBe('second');
      writeFileSync(path, bytes);
      await repository.refresh();
      expect((await bytesOf(repository, 'b')).toString()).toBe('bee');
      expect(await repository.missingVolumes()).toEqual([]);
      rmSync(path);
      await repository.refresh();
      expect(await repository.missingVolumes()).toHaveLength(1);
    });
    await withTest(target, async ({ repository }) => {
      expect(await repository.missingVolumes()).toHaveLength(1);
    });
  });
});

describe('sets on the storage', () => {
  it('that appear are seen at the next look, and the older ones stay as they were', async () => {
    const target = smallChain();
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
    const target = smallChain();
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
    const database = new Database(catalogOf(target), { readonly: true });
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
      if (old !== undefined) await expect(treeOf(repository, old)).rejects.toThrow();
    });
  });

  it('that are replaced in the middle of a chain leave nothing of the old in later ones', async () => {
    const target = smallChain();
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
    const target = smallChain();
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

describe('a process that is killed in the middle of a fill', () => {
  it('leaves a catalog that the next one completes', async () => {
    const target = join(newFolder(), 'target');
    const many = Array.from({ length: 15_000 }, (_, n) => file(`f${String(n).padStart(6, '0')}`));
    writeSet(target, { times: timesOf(0), volumes: [[folder(''), ...many]] });
    const script = await compiledScript('test/catalog/fill.ts');
    for (const milliseconds of [80, 250]) {
      const child = spawn(process.execPath, [script, target], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = new Promise((resolve) => child.once('exit', resolve));
      await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), exited]);
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
      await exited;
    }
    await withTest(target, async ({ repository }) => {
      expect((await treeOf(repository)).size).toBe(15_001);
    });
  });
});
