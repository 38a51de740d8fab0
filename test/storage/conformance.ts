/**
 * What every storage must do, run against a real server of each kind. A backend's own tests call
 * `conformance` with the way to its server, and then test what is special about it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Storage, StorageOptions } from '../../src/storage/index.js';
import { Replayable } from '../../src/storage/body.js';
import { OpenFile, openStorage, readWhole, StorageStatistics } from '../../src/storage/index.js';
import { collect, digestOf, repeated, someBytes } from './bytes.js';
import { compileStorage } from './compiled.js';

/** Where a test works. */
export interface Target {
  readonly url: string;
  readonly options: StorageOptions;
}

export interface Subject {
  /** A new, empty place; the name is unique. */
  target(name: string): Target;
  /** As `target` of the same name, with credentials that the server refuses, where it has any. */
  wrong?(name: string): Target;
  /** A place that may be read but not written, where the server can have one. */
  readOnly?(name: string): Promise<Target>;
  /** An absent place is an empty one: there are no folders. */
  readonly absentIsEmpty?: boolean;
  /** Ends the server and brings it back with its data; for storages that have one. */
  readonly server?: { stop(): Promise<void>; start(): Promise<void> };
  /** How many files the listing test makes. */
  readonly manyFiles?: number;
  /** The size of the large file, in MiB. */
  readonly largeMiB?: number;
}

/** Real names: long, short, old, prefixed, and the index that duplifs puts beside them. */
const namesInUse = [
  'duplicity-full.20260101T000000Z.vol1.difftar.gpg',
  'duplicity-inc.20260101T000000Z.to.20260102T000000Z.vol12.difftar.gz',
  'duplicity-full-signatures.20260101T000000Z.sigtar.gpg',
  'duplicity-full.2023-11-14T22:13:20Z.manifest',
  'duplicity-full.2023-11-15T23_13_20+01_00.vol1.difftar.gz',
  'df.s44we8.1.dt.z',
  'duplifs-index.20260101T000000Z.gpg',
  'pre fix #1 %41 50%?&=;,~!@$()[]{}\'"`^|\\<>*-duplicity-full.20260101T000000Z.manifest',
  'Präfix-日本-duplicity-full.20260101T000000Z.manifest',
];

/** Far less than the large file, and room for what the garbage collector has not seen yet. */
const steadyBytes = 200 * 1024 * 1024;

/** Watches how much memory buffers take at most, beyond what they take now. */
function watchMemory(): { end(): number } {
  const start = process.memoryUsage().arrayBuffers;
  let most = start;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 10);
  return {
    end: () => {
      clearInterval(timer);
      return most - start;
    },
  };
}

const fewTries = { numRetries: 1, retryDelaySeconds: 0.05 } satisfies StorageOptions;

/** The names that `target` is asked for. */
export const places = [
  ...['absent', 'atomic', 'cancel', 'failed', 'faults', 'killed', 'large', 'many', 'missing'],
  ...['names', 'open-file', 'parallel', 'plain', 'ranges', 'replace', 'roundtrip'],
];

/** What only some storages have, each with its part of the Subject. */
export type Having = 'credentials' | 'permissions' | 'server';

export function conformance(kind: string, having: readonly Having[], subject: () => Subject): void {
  const itWith = (needed: Having, title: string, test: () => Promise<void>): void => {
    if (having.includes(needed)) it(title, test);
  };
  const opened: Storage[] = [];
  const open = async (target: Target, more: StorageOptions = {}): Promise<Storage> => {
    const storage = await openStorage(target.url, {
      retryDelaySeconds: 0.2,
      ...target.options,
      ...more,
    });
    opened.push(storage);
    return storage;
  };

  describe(`${kind} as every storage`, () => {
    afterAll(async () => {
      await Promise.all(opened.map((storage) => storage.close()));
    });

    it('gives back what was written: empty, small, several pieces', async () => {
      const storage = await open(subject().target('roundtrip'));
      for (const size of [0, 1, 65_536, 1_000_003]) {
        const bytes = someBytes(size);
        await storage.write(`file-${size}`, bytes, {});
        const pieces = repeated(bytes, 3);
        await storage.write(`pieces-${size}`, pieces, { size: 3 * size });
        const back = await readWhole(storage, `file-${size}`, { maxBytes: 1e7 });
        expect(back.equals(bytes)).toBe(true);
        expect(await collect(storage.read(`pieces-${size}`, undefined))).toHaveLength(3 * size);
        expect(await storage.stat(`pieces-${size}`)).toMatchObject({ size: 3 * size });
      }
      // without a stated size
      await storage.write('unsized', repeated(someBytes(70_000), 2), {});
      expect(await storage.stat('unsized')).toMatchObject({ name: 'unsized', size: 140_000 });
      const found = (await storage.list()).find(({ name }) => name === 'unsized');
      const age = Date.now() / 1000 - (found?.modifiedSeconds ?? 0);
      expect(Math.abs(age)).toBeLessThan(100_000);
    });

    it('reads any range exactly, and refuses one beyond the end', async () => {
      const storage = await open(subject().target('ranges'), fewTries);
      const bytes = someBytes(300_000);
      await storage.write('file', bytes, {});
      const ranges = [
        [0, 1],
        [0, 300_000],
        [299_999, 1],
        [1, 299_998],
        [65_535, 65_538],
        [123_456, 0],
        [300_000, 0],
        [250_000, undefined],
        [300_000, undefined],
      ] as const;
      for (const [offset, length] of ranges) {
        const range = length === undefined ? { offset } : { offset, length };
        const end = length === undefined ? bytes.length : offset + length;
        const got = await collect(storage.read('file', range));
        expect(got.equals(bytes.subarray(offset, end)), `${offset}+${length ?? '…'}`).toBe(true);
      }
      for (const range of [
        { offset: 299_999, length: 2 },
        { offset: 300_001 },
        { offset: 400_000, length: 10 },
        { offset: 0, length: 300_001 },
      ]) {
        await expect(collect(storage.read('file', range))).rejects.toMatchObject({
          code: 'STORAGE',
        });
      }
    });

    it('reads many ranges at once', async () => {
      const storage = await open(subject().target('parallel'));
      const bytes = someBytes(2_000_000);
      await storage.write('file', bytes, {});
      await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const range = { offset: i * 50_000, length: 50_000 };
          const got = await collect(storage.read('file', range));
          expect(got.equals(bytes.subarray(range.offset, range.offset + 50_000))).toBe(true);
        }),
      );
      // readers that are open side by side and consumed in turn do not block each other
      const readers = Array.from({ length: 20 }, () =>
        storage.read('file', undefined)[Symbol.asyncIterator](),
      );
      for (const reader of readers) expect((await reader.next()).done).toBe(false);
      for (const reader of readers) await reader.return?.();
    });

    it('lists thousands of names', async () => {
      const count = subject().manyFiles ?? 1500;
      const storage = await open(subject().target('many'));
      const names = Array.from({ length: count }, (_, i) => `a & b <full> vol${i}.difftar.gpg`);
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let i = next++; i < count; i = next++) {
          await storage.write(names[i] ?? '', Buffer.from(String(i)), {});
        }
      };
      await Promise.all(Array.from({ length: 16 }, worker));
      const listed = await storage.list();
      expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
      expect(listed.every(({ name, size }) => size === String(/\d+/.exec(name)).length)).toBe(true);
      await storage.remove([...names, 'never-was']);
      expect(await storage.list()).toEqual([]);
    });

    it('keeps every name that duplicity uses, and more', async () => {
      const storage = await open(subject().target('names'));
      for (const name of namesInUse) await storage.write(name, Buffer.from(name), {});
      expect((await storage.list()).map(({ name }) => name).sort()).toEqual([...namesInUse].sort());
      for (const name of namesInUse) {
        expect((await readWhole(storage, name, { maxBytes: 1000 })).toString()).toBe(name);
        expect(await storage.stat(name)).toMatchObject({ name });
      }
      await storage.remove(namesInUse);
      expect(await storage.list()).toEqual([]);
    });

    it('refuses names that are not plain', async () => {
      const storage = await open(subject().target('plain'));
      for (const name of ['', '.', '..', 'a/b', '../x', 'a\0b', 'x'.repeat(256)]) {
        await expect(storage.write(name, Buffer.from('x'), {})).rejects.toMatchObject({
          code: 'STORAGE',
        });
        await expect(storage.remove([name])).rejects.toMatchObject({ code: 'STORAGE' });
      }
    });

    it('replaces a file', async () => {
      const storage = await open(subject().target('replace'));
      await storage.write('file', someBytes(200_000), {});
      await storage.write('file', Buffer.from('new'), {});
      expect((await readWhole(storage, 'file', { maxBytes: 10 })).toString()).toBe('new');
      expect(await storage.list()).toHaveLength(1);
    });

    it('shows a file only when it is whole, and the one before until then', async () => {
      const storage = await open(subject().target('atomic'));
      await storage.write('old', Buffer.from('before'), {});
      for (const name of ['new', 'old']) {
        let halfWay: () => void = () => undefined;
        let goOn: () => void = () => undefined;
        const reached = new Promise<void>((resolve) => (halfWay = resolve));
        const resumed = new Promise<void>((resolve) => (goOn = resolve));
        async function* body(): AsyncGenerator<Uint8Array> {
          for (let i = 0; i < 20; i += 1) yield someBytes(65_536);
          halfWay();
          await resumed;
          yield Buffer.from('end');
        }
        const writing = storage.write(name, body(), { size: 20 * 65_536 + 3 });
        await reached;
        await sleep(100);
        const names = (await storage.list()).map((object) => object.name);
        if (name === 'new') {
          expect(names).toEqual(['old']);
          expect(await storage.stat('new')).toBeUndefined();
        } else {
          expect((await readWhole(storage, 'old', { maxBytes: 10 })).toString()).toBe('before');
        }
        goOn();
        await writing;
        expect(await storage.stat(name)).toMatchObject({ size: 20 * 65_536 + 3 });
      }
    });

    it('leaves nothing of a write that failed or had the wrong size', async () => {
      const storage = await open(subject().target('failed'), fewTries);
      await storage.write('old', Buffer.from('before'), {});
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield* repeated(someBytes(65_536), 10);
        throw new Error('The source broke');
      }
      for (const name of ['new', 'old']) {
        await expect(storage.write(name, breaking(), {})).rejects.toThrow('The source broke');
        const short = repeated(someBytes(1000), 10);
        await expect(storage.write(name, short, { size: 10_001 })).rejects.toThrow('10000');
        const long = repeated(someBytes(1000), 10);
        await expect(storage.write(name, long, { size: 9999 })).rejects.toThrow('9999');
      }
      expect((await storage.list()).map(({ name }) => name)).toEqual(['old']);
      expect((await readWhole(storage, 'old', { maxBytes: 10 })).toString()).toBe('before');
    });

    it('says which file is missing', async () => {
      const storage = await open(subject().target('missing'), fewTries);
      await storage.write('there', Buffer.from('x'), {});
      for (const range of [undefined, { offset: 5, length: 10 }]) {
        await expect(collect(storage.read('absent', range))).rejects.toMatchObject({
          code: 'STORAGE_NOT_FOUND',
          message: expect.stringContaining('"absent"') as string,
        });
      }
      expect(await storage.stat('absent')).toBeUndefined();
      await storage.remove(['absent', 'there', 'absent2']);
      expect(await storage.list()).toEqual([]);
    });

    it('tells an absent target from an empty one where there is a difference', async () => {
      const target = subject().target('absent');
      const storage = await open(target, fewTries);
      if (subject().absentIsEmpty === true) {
        expect(await storage.list()).toEqual([]);
      } else {
        await expect(storage.list()).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
        await expect(collect(storage.read('x', undefined))).rejects.toMatchObject({
          code: 'STORAGE_NOT_FOUND',
        });
      }
      expect(await storage.stat('x')).toBeUndefined();
      await storage.write('x', Buffer.from('1'), {});
      await storage.remove(['x']);
      expect(await storage.list()).toEqual([]);
    });

    it('writes an open file from its start, as often as it is asked to', async () => {
      const statistics = new StorageStatistics();
      const storage = await open(subject().target('open-file'), { statistics });
      const folder = await mkdtemp(join(tmpdir(), 'duplifs-open-file-'));
      const file = await openFile(join(folder, 'file'), 'wx+', 0o600);
      try {
        const bytes = someBytes(3_000_001, 11);
        await file.writeFile(bytes);
        const body = new OpenFile(file, bytes.length);
        for (const name of ['one', 'two', 'one']) {
          await storage.write(name, body, { size: bytes.length });
          expect((await collect(storage.read(name, undefined))).equals(bytes)).toBe(true);
        }
        expect(statistics.bytesWritten % (3 * bytes.length)).toBe(0); // a mirror writes it twice
        expect(statistics.bytesWritten).toBeGreaterThan(0);
        const tooLong = new OpenFile(file, bytes.length + 1);
        await expect(storage.write('long', tooLong, { size: bytes.length })).rejects.toMatchObject({
          code: 'STORAGE',
        });
        expect(await storage.stat('long')).toBeUndefined();
      } finally {
        await file.close();
        await rm(folder, { recursive: true });
      }
    });

    it('writes and reads a large file at a steady memory', async () => {
      const count = (subject().largeMiB ?? 300) * 4;
      const memory = watchMemory();
      const chunk = someBytes(256 * 1024, 7);
      const storage = await open(subject().target('large'));
      const body = new Replayable(() => repeated(chunk, count));
      await storage.write('file', body, { size: chunk.length * count });
      const [found] = await storage.list();
      expect(found).toMatchObject({ name: 'file', size: chunk.length * count });
      const expected = await digestOf(repeated(chunk, count));
      expect(await digestOf(storage.read('file', undefined))).toBe(expected);
      const range = { offset: chunk.length * (count - 1), length: chunk.length };
      expect((await collect(storage.read('file', range))).equals(chunk)).toBe(true);
      expect(memory.end()).toBeLessThan(steadyBytes);
      await storage.remove(['file']);
    });

    it('ends a read and a write in the middle when they are cancelled', async () => {
      const storage = await open(subject().target('cancel'));
      await storage.write('file', someBytes(8_000_000), {});
      const reading = new AbortController();
      await expect(async () => {
        for await (const chunk of storage.read('file', undefined, reading.signal)) {
          expect(chunk.length).toBeGreaterThan(0);
          reading.abort();
        }
      }).rejects.toMatchObject({ code: 'ABORTED' });

      const writing = new AbortController();
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (let i = 0; ; i += 1) {
          yield someBytes(65_536);
          if (i === 20) writing.abort();
          await sleep(1);
        }
      }
      const started = performance.now();
      await expect(
        storage.write('new', endless(), { signal: writing.signal }),
      ).rejects.toMatchObject({ code: 'ABORTED' });
      expect(performance.now() - started).toBeLessThan(5000);
      await expect(storage.list(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
      expect((await storage.list()).map(({ name }) => name)).toEqual(['file']);
      // leaving the loop early ends the transfer and nothing else
      await storage.read('file', undefined)[Symbol.asyncIterator]().return?.();
      for await (const chunk of storage.read('file', undefined)) if (chunk.length > 0) break;
      expect(await collect(storage.read('file', { offset: 7, length: 9 }))).toHaveLength(9);
    });

    it('goes on where a read broke, and makes a write again', async () => {
      const statistics = new StorageStatistics();
      const bytes = someBytes(1_000_000);
      const struck = new Set<string>();
      const storage = await open(subject().target('faults'), {
        statistics,
        retryDelaySeconds: 0.01,
        timeoutSeconds: 2,
        faults: (operation, name) => {
          const key = `${operation} ${name ?? ''}`;
          if (struck.has(key)) return undefined;
          struck.add(key);
          if (operation === 'write') return { kind: 'fail', afterBytes: 300_000 };
          if (operation !== 'read') return { kind: 'fail' };
          if (name === 'cut') return { kind: 'truncate', afterBytes: 400_001 };
          return { kind: 'fail', afterBytes: 400_001 };
        },
      });
      for (const name of ['cut', 'broken']) {
        await storage.write(name, bytes, {});
        const range = { offset: 3, length: bytes.length - 5 };
        const got = await collect(storage.read(name, range));
        expect(got.equals(bytes.subarray(3, bytes.length - 2))).toBe(true);
      }
      expect(await storage.list()).toHaveLength(2);
      await storage.remove(['cut', 'broken']);
      expect(statistics.retries).toBe(6);
    });

    it('leaves nothing under the final name when the writer is killed', async () => {
      const target = subject().target('killed');
      await killedWriter(target);
      const storage = await open(target);
      expect(await storage.stat('victim')).toBeUndefined();
      await storage.write('next', Buffer.from('x'), {});
      expect((await storage.list()).map(({ name }) => name)).toEqual(['next']);
    });

    itWith('credentials', 'refuses wrong credentials at once, without saying them', async () => {
      const target = subject().wrong?.('credentials');
      if (target === undefined) throw new Error('The subject has none');
      const started = performance.now();
      const calls: ((storage: Storage) => Promise<unknown>)[] = [
        (storage) => storage.list(),
        (storage) => storage.write('x', Buffer.from('x'), {}),
        (storage) => collect(storage.read('x', undefined)),
      ];
      for (const call of calls) {
        // some storages connect when they are opened, others at the first call
        const error = await open(target)
          .then(call)
          .catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'STORAGE_DENIED' });
        expect(JSON.stringify(error) + String(error)).not.toMatch(/wrong-secret/);
      }
      expect(performance.now() - started).toBeLessThan(20_000);
    });

    itWith('permissions', 'says so when it may be read but not written', async () => {
      const target = await subject().readOnly?.('readonly');
      if (target === undefined) throw new Error('The subject has none');
      const storage = await open(target);
      await expect(storage.write('x', Buffer.from('x'), {})).rejects.toMatchObject({
        code: 'STORAGE_DENIED',
      });
      const [found] = await storage.list();
      expect(await readWhole(storage, found?.name ?? '', { maxBytes: 100 })).toHaveLength(4);
      await expect(storage.remove([found?.name ?? ''])).rejects.toMatchObject({
        code: 'STORAGE_DENIED',
      });
    });

    itWith('server', 'survives a server that goes away and comes back', async () => {
      const server = subject().server;
      if (server === undefined) throw new Error('The subject has none');
      const target = subject().target('outage');
      const storage = await open(target, { numRetries: 10, retryDelaySeconds: 2 });
      const bytes = someBytes(3_000_000);
      await storage.write('file', bytes, {});
      await server.stop();
      try {
        const hasty = await open(target, { ...fewTries, timeoutSeconds: 3 }).catch(
          (error: unknown) => error,
        );
        await expect(
          hasty instanceof Error ? Promise.reject(hasty) : (hasty as Storage).list(),
        ).rejects.toMatchObject({ code: 'STORAGE' });
        const [got] = await Promise.all([
          collect(storage.read('file', undefined)),
          sleep(300).then(() => server.start()),
        ]);
        expect(got.equals(bytes)).toBe(true);
      } finally {
        await server.start();
      }
      expect(await storage.list()).toHaveLength(1);
      await storage.write('file2', bytes, {});
    });
  });

  let compiled: Awaited<ReturnType<typeof compileStorage>>;
  beforeAll(async () => {
    compiled = await compileStorage();
  });
  afterAll(async () => {
    await compiled.remove();
  });

  /** Begins to write "victim" in a process of its own, and kills that in the middle. */
  async function killedWriter(target: Target): Promise<void> {
    const script = join(compiled.folder, 'writer.js');
    await writeFile(
      script,
      `import { openStorage } from ${JSON.stringify(compiled.index)};
       const storage = await openStorage(process.argv[2], JSON.parse(process.env.TEST_OPTIONS));
       async function* body() {
         for (let i = 0; ; i += 1) {
           yield Buffer.alloc(65536, i);
           if (i === 200) process.stdout.write('half-way\\n');
           if (i >= 200) await new Promise((resolve) => setTimeout(resolve, 20));
         }
       }
       await storage.write('victim', body(), { size: 1e9 });`,
    );
    const child = spawn(process.execPath, [script, target.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TEST_OPTIONS: JSON.stringify(target.options) },
    });
    const ended = once(child, 'exit');
    await Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('The writer ended before it was killed'))),
    ]);
    child.kill('SIGKILL');
    await ended;
  }
}
