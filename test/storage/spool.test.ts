import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileChunks, newSpool, spoolTo, sweep } from '../../src/storage/spool.js';
import { temporaryName } from '../../src/storage/temporary.js';
import { WholeFileCache } from '../../src/storage/whole-file-cache.js';
import { collect, repeated, someBytes } from './bytes.js';

describe('spools', () => {
  it('hold a body as a file that nobody else can read, until they are removed', async () => {
    const spool = await newSpool();
    const path = join(spool.folder, 'body');
    expect(await spoolTo(path, repeated(someBytes(1000), 3), undefined)).toBe(3000);
    expect(await collect(fileChunks(path))).toHaveLength(3000);
    expect((await stat(spool.folder)).mode & 0o777).toBe(0o700);
    await spool.remove();
    expect(existsSync(spool.folder)).toBe(false);
  });

  it('of a process that is gone are removed, and those of a living one are not', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'duplifs-sweep-'));
    const own = temporaryName();
    const gone = own.replace(/-[0-9]+(-[0-9a-f]+)$/, '-1$1');
    for (const name of [own, gone]) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'body'), 'x');
    }
    await sweep(parent);
    expect([own, gone].map((name) => existsSync(join(parent, name)))).toEqual([true, false]);
    await rm(parent, { recursive: true });
  });
});

describe('the cache of whole files', () => {
  const caching = (maxBytes: number): { cache: WholeFileCache; fetched: string[] } => {
    const fetched: string[] = [];
    const cache = new WholeFileCache(maxBytes, async (name, folder) => {
      fetched.push(name);
      await writeFile(join(folder, name), someBytes(1000, name.charCodeAt(0)));
    });
    return { cache, fetched };
  };
  const read = async (cache: WholeFileCache, name: string): Promise<Buffer> => {
    const file = await cache.get(name);
    try {
      return await collect(file.read(100, 200));
    } finally {
      await file.release();
    }
  };

  it('fetches a file once for many readers, and again when it was forgotten', async () => {
    const { cache, fetched } = caching(10_000);
    const all = await Promise.all(Array.from({ length: 5 }, () => read(cache, 'a')));
    for (const bytes of all)
      expect(bytes.equals(someBytes(1000, 97).subarray(100, 200))).toBe(true);
    cache.forget('a');
    await read(cache, 'a');
    expect(fetched).toEqual(['a', 'a']);
    cache.clear();
  });

  it('lets the least recently used go, though who still reads one can go on', async () => {
    const { cache, fetched } = caching(2500);
    const held = await cache.get('a');
    for (const name of ['b', 'c', 'b']) await read(cache, name);
    expect(await collect(held.read(0, 1000))).toHaveLength(1000);
    await held.release();
    await read(cache, 'a');
    expect(fetched).toEqual(['a', 'b', 'c', 'a']);
    cache.clear();
  });

  it('serves a file that is larger than all of it', async () => {
    const { cache, fetched } = caching(500);
    await read(cache, 'a');
    await read(cache, 'a');
    expect(fetched).toEqual(['a', 'a']);
  });
});
