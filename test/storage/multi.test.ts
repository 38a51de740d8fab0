import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventText } from '../../src/cli/events/index.js';
import type { Storage, StorageOptions } from '../../src/storage/index.js';
import { openStorage, readWhole } from '../../src/storage/index.js';
import { MultiStorage } from '../../src/storage/multi/multi-storage.js';
import { WrappedStorage } from '../../src/storage/wrappers/wrapped.js';
import { collect, repeated, someBytes } from './bytes.js';
import { conformance, places } from './conformance/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duplifs-multi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const url = async (name: string, mode: string, stores: object[] = []): Promise<string> => {
  const config = join(folder, `${name}.json`);
  const two = ['a', 'b'].map((each) => ({ url: `file://${folder}/${name}-${each}` }));
  await writeFile(config, JSON.stringify(stores.length > 0 ? stores : two));
  return `multi://${config}?${mode}`;
};
const files = async (name: string): Promise<string[]> => (await readdir(join(folder, name))).sort();

describe.each(['mirror', 'stripe'])('multi as a %s', (mode) => {
  const urls = new Map<string, string>();
  beforeAll(async () => {
    for (const name of places) {
      urls.set(name, await url(`${mode}-${name}`, `mode=${mode}`));
    }
  });
  conformance(`A ${mode}`, [], () => ({
    target: (name) => ({ url: urls.get(name) ?? '', options: {} }),
    largeMiB: 20,
    manyFiles: 300,
  }));
});

describe('multi', () => {
  class Failing extends WrappedStorage {
    fails = false;
    garbles = false;
    #check(): void {
      if (this.fails) throw new Error('This store is down');
    }
    override async list(): ReturnType<Storage['list']> {
      this.#check();
      return await super.list();
    }
    override async *read(...args: Parameters<Storage['read']>): AsyncGenerator<Uint8Array> {
      for await (const chunk of super.read(...args)) {
        yield this.garbles ? Buffer.alloc(chunk.length) : chunk;
        this.#check();
      }
    }
    override async write(...args: Parameters<Storage['write']>): Promise<void> {
      this.#check();
      await super.write(...args);
    }
    override async remove(names: readonly string[]): Promise<void> {
      this.#check();
      await super.remove(names);
    }
  }
  let stores: Failing[];
  let log: string[];
  beforeEach(async () => {
    const root = await mkdtemp(join(folder, 'stores-'));
    stores = [];
    for (const name of ['a', 'b', 'c']) {
      stores.push(new Failing(await openStorage(join(root, name), {})));
    }
    log = [];
  });
  const make = (mode: 'mirror' | 'stripe', onFailure: 'continue' | 'abort'): MultiStorage =>
    new MultiStorage(
      stores.map((storage) => ({ storage, prefixes: [] })),
      {
        url: 'multi:///x',
        mode,
        onFailure,
        report: (event) => log.push(eventText(event)),
      },
    );
  const named = async (): Promise<string[][]> =>
    await Promise.all(
      stores.map(async (store) => {
        const objects = await store.list().catch(() => []);
        return objects.map(({ name }) => name).sort();
      }),
    );

  it('as a mirror writes everything to all, from a body that can be read once too', async () => {
    const multi = make('mirror', 'abort');
    await multi.write('x', repeated(someBytes(1000), 3), {});
    expect(await named()).toEqual([['x'], ['x'], ['x']]);
    expect(await multi.list()).toHaveLength(1);
  });

  it('as a mirror reads on from the next store where one fails in the middle', async () => {
    const multi = make('mirror', 'continue');
    const bytes = someBytes(1_000_000);
    await multi.write('x', bytes, {});
    (stores[0] as Failing).fails = true;
    const got = await collect(multi.read('x', { offset: 5, length: 999_990 }));
    expect(got.equals(bytes.subarray(5, 999_995))).toBe(true);
    expect(log).toHaveLength(1);
  });

  it('as a mirror reads on from the next store where one has lost a file or holds a shorter one', async () => {
    const multi = make('mirror', 'continue');
    await multi.write('x', Buffer.from('whole'), {});
    await stores[0]?.write('x', Buffer.from('who'), {});
    expect(await multi.list()).toMatchObject([{ name: 'x', size: 5 }]);
    expect(String(await readWhole(multi, 'x', { maxBytes: 10 }))).toBe('whole');
    await stores[0]?.remove(['x']);
    await stores[1]?.remove(['x']);
    expect(String(await readWhole(multi, 'x', { maxBytes: 10 }))).toBe('whole');
  });

  it('as a mirror copies a file to where it is lacking, and nothing that is not as expected', async () => {
    const multi = make('mirror', 'continue');
    await stores[0]?.write('x', Buffer.from('content'), {});
    await multi.list();
    const { mirror } = multi;
    const [from, to, third] = mirror?.members ?? [];
    if (!mirror || !from || !to || !third) throw new Error('No members');
    expect([from, to].map(({ files }) => files?.has('x'))).toEqual([true, false]);
    await mirror.copy({ name: 'x', from, to });
    const hex = createHash('sha1').update('content').digest('hex');
    const wrong = mirror.copy({
      name: 'x',
      from,
      to: third,
      expected: { algorithm: 'SHA1', hex: hex.replace(/^./, 'x') },
    });
    await expect(wrong).rejects.toMatchObject({ code: 'DAMAGED' });
    expect(await named()).toEqual([['x'], ['x'], []]);
    await mirror.copy({ name: 'x', from, to: third, expected: { algorithm: 'SHA1', hex } });
    expect(await named()).toEqual([['x'], ['x'], ['x']]);
    expect(make('stripe', 'continue').mirror).toBeUndefined();
  });

  it('as a mirror removes a copy that does not come back as it was written', async () => {
    const multi = make('mirror', 'continue');
    await stores[0]?.write('x', Buffer.from('content'), {});
    await multi.list();
    const [from, to] = multi.mirror?.members ?? [];
    if (!from || !to) throw new Error('No members');
    (stores[1] as Failing).garbles = true;
    await expect(multi.mirror?.copy({ name: 'x', from, to })).rejects.toThrow('gives back');
    expect(await named()).toEqual([['x'], [], []]);
  });

  it('as a mirror passes a failing store over if it may, and never silently', async () => {
    (stores[1] as Failing).fails = true;
    await make('mirror', 'continue').write('x', Buffer.from('1'), {});
    expect(await make('mirror', 'continue').list()).toHaveLength(1);
    expect(log).toHaveLength(2);
    await expect(make('mirror', 'abort').write('x', Buffer.from('1'), {})).rejects.toThrow('down');
    await expect(make('mirror', 'abort').list()).rejects.toThrow('down');
    await expect(make('mirror', 'continue').remove(['x'])).rejects.toThrow('down');
    for (const store of stores) store.fails = true;
    await expect(make('mirror', 'continue').write('x', Buffer.from('1'), {})).rejects.toThrow(
      'down',
    );
    await expect(make('mirror', 'continue').list()).rejects.toThrow('down');
  });

  it('as a stripe writes in turn, replaces where a file is, and reads from wherever it is', async () => {
    const multi = make('stripe', 'continue');
    for (const name of ['1', '2', '3', '4']) await multi.write(name, Buffer.from(name), {});
    expect(await named()).toEqual([['1', '4'], ['2'], ['3']]);
    const again = make('stripe', 'continue');
    await again.list();
    for (const name of ['4', '3', '2']) await again.write(name, Buffer.from(`new ${name}`), {});
    expect(await named()).toEqual([['1', '4'], ['2'], ['3']]);
    const fresh = make('stripe', 'continue');
    expect(String(await readWhole(fresh, '3', { maxBytes: 10 }))).toBe('new 3');
  });

  it('as a stripe takes the next store for one that fails, but lists with all or not at all', async () => {
    const multi = make('stripe', 'continue');
    (stores[0] as Failing).fails = true;
    await multi.write('x', Buffer.from('1'), {});
    (stores[0] as Failing).fails = false;
    expect(await named()).toEqual([[], ['x'], []]);
    (stores[2] as Failing).fails = true;
    await expect(multi.list()).rejects.toThrow('down');
  });

  it('sends files to the stores that ask for their prefix', async () => {
    const at = await url('prefixes', 'mode=stripe', [
      { url: `file://${folder}/p-rest` },
      { url: `file://${folder}/p-manifests`, prefixes: ['m-', 'i-'] },
    ]);
    const storage = await openStorage(at, {});
    for (const name of ['m-1', 'x-1', 'i-1', 'x-2']) await storage.write(name, Buffer.from(''), {});
    await storage.close();
    expect(await files('p-rest')).toEqual(['x-1', 'x-2']);
    expect(await files('p-manifests')).toEqual(['i-1', 'm-1']);
  });

  it('gives each store the environment of its own, and adds the subpath', async () => {
    const at = await url('environment', 'mode=mirror&subpath=sub', [
      {
        description: 'a server that nobody runs',
        url: 's3://bucket',
        env: [
          { name: 'AWS_ACCESS_KEY_ID', value: 'id' },
          { name: 'AWS_SECRET_ACCESS_KEY', value: 'env-secret' },
        ],
      },
    ]);
    const options: StorageOptions = {
      env: {},
      numRetries: 1,
      s3: { endpointUrl: 'http://127.0.0.1:9', region: 'x' },
    };
    const storage = await openStorage(at, options);
    const error: unknown = await storage.list().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'STORAGE' });
    expect(String(error)).toContain('s3://bucket/sub/');
    expect(String(error)).not.toContain('env-secret');
    await storage.close();
  });

  it('refuses what is no configuration, without quoting it', async () => {
    for (const [text, part] of [
      ['[{"url": 1, "x": "json-secret"}]', 'no list of storages'],
      ['[', 'no list of storages'],
      ['[{"url": "multi:///x"}]', 'another multi'],
    ] as const) {
      await writeFile(join(folder, 'bad.json'), text);
      const opening = openStorage(`multi://${folder}/bad.json`, {});
      await expect(opening).rejects.toMatchObject({
        code: 'STORAGE_URL',
        message: expect.stringContaining(part) as string,
      });
      await expect(opening).rejects.not.toThrow('json-secret');
    }
    const wrong = openStorage(await url('modes', 'mode=shuffle'), {});
    await expect(wrong).rejects.toMatchObject({ code: 'STORAGE_URL' });
    const missing = openStorage('multi:///nonexistent.json', {});
    await expect(missing).rejects.toMatchObject({ code: 'STORAGE_URL' });
  });
});
