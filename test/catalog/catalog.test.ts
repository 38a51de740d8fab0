import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { openStorage } from '../../src/storage/index.js';
import type { Repository } from '../../src/repository/index.js';
import type { Storage } from '../../src/storage/index.js';
import { openDatabase } from '../../src/sqlite/index.js';
import { compiledScript } from '../support/compiled.js';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import { bytesOf, newestSnapshot, treeOf, withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';
import { catalogOf, smallChain } from './small-chain.js';

const newFolder = temporaryFolders();

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
    const target = smallChain(newFolder());
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
    const target = smallChain(newFolder());
    const { storage, reads } = await counting(target);
    await withTest(
      target,
      async ({ repository }) => {
        const snapshot = await newestSnapshot(repository);
        expect([...snapshot.walk(snapshot.root())].map(({ path }) => path)).toEqual(['', 'a', 'b']);
      },
      { storage },
    );
    expect(reads.filter((name) => name.includes('difftar'))).toEqual([]);
  });

  it('and its folders are for the user alone', async () => {
    const target = smallChain(newFolder());
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
        const database = openDatabase(path, { timeoutMs: 5000 });
        database.pragma('user_version = 999');
        database.close();
      },
    ],
  ])('is made again when it %s', async (_, harm) => {
    const target = smallChain(newFolder());
    await texts(target);
    harm(catalogOf(target));
    expect(await texts(target)).toEqual(newest);
    expect(await texts(target)).toEqual(newest);
  });

  it('that is damaged inside gives an error for people at most, and the next command makes it again', async () => {
    const target = smallChain(newFolder());
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
    const target = smallChain(newFolder());
    await texts(target);
    const database = openDatabase(catalogOf(target), { timeoutMs: 5000 });
    database.exec(`UPDATE sets SET listed = -1; DELETE FROM versions WHERE name_id > 2;
      UPDATE volumes SET catalogued = 0; DELETE FROM pieces`);
    database.close();
    expect(await texts(target)).toEqual(newest);
  });

  it('is filled by one process at a time, and both see all of it', async () => {
    const target = smallChain(newFolder());
    const all = await Promise.all(Array.from({ length: 4 }, async () => texts(target)));
    for (const seen of all) expect(seen).toEqual(newest);
  });

  it('finds a volume that came back, and notices one that vanished', async () => {
    const target = smallChain(newFolder());
    const volume = readdirSync(target).find(
      (name) => name.startsWith('duplicity-full.') && name.includes('vol1'),
    );
    const path = join(target, volume ?? '');
    const bytes = readFileSync(path);
    rmSync(path);
    await withTest(target, async ({ repository }) => {
      expect(await lostVolumes(repository)).toHaveLength(1);
      await expect(bytesOf(repository, 'b')).rejects.toMatchObject({
        cause: { code: 'FILE_MISSING' },
      });
      expect((await bytesOf(repository, 'a')).toString()).toBe('second');
      writeFileSync(path, bytes);
      await repository.refresh();
      expect((await bytesOf(repository, 'b')).toString()).toBe('bee');
      expect(await lostVolumes(repository)).toEqual([]);
      rmSync(path);
      await repository.refresh();
      expect(await lostVolumes(repository)).toHaveLength(1);
    });
    await withTest(target, async ({ repository }) => {
      expect(await lostVolumes(repository)).toHaveLength(1);
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

/** The keys of the sets that lack volumes of their own. */
async function lostVolumes(repository: Repository): Promise<string[]> {
  const states = await repository.examineSets(() => undefined);
  return states
    .filter(({ faults }) => faults.some(({ kind }) => kind === 'volumes-missing'))
    .map(({ key }) => key);
}
