import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventText } from '../../src/cli/events/index.js';
import type { Body, Storage, StorageOptions, WriteOptions } from '../../src/storage/index.js';
import { Replayable } from '../../src/storage/body.js';
import { readWhole, StorageStatistics } from '../../src/storage/index.js';
import { FolderStorage } from '../../src/storage/folder-storage.js';
import { LocalFolder } from '../../src/storage/local/local-folder.js';
import { WrappedStorage } from '../../src/storage/wrappers/wrapped.js';
import { compose } from '../../src/storage/wrappers/compose.js';
import { collect, repeated, someBytes } from './bytes.js';

let folder: string;
let plain: FolderStorage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duplifs-wrappers-'));
  plain = new FolderStorage(new LocalFolder('test://host/path', folder));
  await plain.write('file', someBytes(1_000_000), {});
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function composed(options: StorageOptions, inner: Storage = plain): Storage {
  return compose(
    inner,
    { remote: true, secrets: ['s3cret/%'] },
    { retryDelaySeconds: 0.01, timeoutSeconds: 1, ...options },
  );
}

describe('retries', () => {
  it('stop after so many tries, and tell of each', async () => {
    const log: string[] = [];
    const statistics = new StorageStatistics();
    const storage = composed({
      numRetries: 3,
      statistics,
      report: (event) => log.push(eventText(event)),
      faults: () => ({ kind: 'fail' }),
    });
    await expect(storage.list()).rejects.toMatchObject({ code: 'STORAGE', transient: true });
    expect(statistics).toMatchObject({ lists: 3, retries: 2, requests: 3 });
    expect(log).toHaveLength(2);
    expect(log[0]).toContain('Try 1 of 3 failed');
  });

  it('are not made for what will not pass', async () => {
    const statistics = new StorageStatistics();
    const error = Object.assign(new Error('no'), { code: 'EACCES' });
    const storage = composed({ statistics, faults: () => ({ kind: 'fail', error }) });
    await expect(storage.list()).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
    await expect(collect(composed({ statistics }).read('x', undefined))).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
    });
    expect(statistics.retries).toBe(0);
  });

  it('begin anew with every chunk that arrives: twenty breaks do not end a read', async () => {
    const statistics = new StorageStatistics();
    const storage = composed({
      statistics,
      numRetries: 2,
      faults: () => (statistics.reads > 20 ? undefined : { kind: 'fail', afterBytes: 33_333 }),
    });
    const bytes = await readWhole(storage, 'file', { maxBytes: 2e6 });
    expect(bytes.equals(someBytes(1_000_000))).toBe(true);
    expect(statistics.retries).toBe(20);
  });

  it('write a body again only if it can be had again', async () => {
    const failing = (): StorageOptions => {
      let calls = 0;
      return {
        statistics: new StorageStatistics(),
        faults: () => (calls++ === 0 ? { kind: 'fail', afterBytes: 10 } : undefined),
      };
    };
    const chunk = someBytes(1000);
    await expect(composed(failing()).write('once', repeated(chunk, 3), {})).rejects.toMatchObject({
      code: 'STORAGE',
    });
    await composed(failing()).write('again', new Replayable(() => repeated(chunk, 3)), {});
    await composed(failing()).write('bytes', chunk, {});
    expect((await plain.list()).map(({ name, size }) => [name, size]).sort()).toEqual([
      ['again', 3000],
      ['bytes', 1000],
      ['file', 1_000_000],
    ]);
  });

  it('are given up at once when the call is cancelled', async () => {
    const storage = composed({ retryDelaySeconds: 30, faults: () => ({ kind: 'fail' }) });
    const started = performance.now();
    await expect(storage.list(AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('the stall time-out', () => {
  it('ends a read in which nothing moves, and the retry goes on from there', async () => {
    let calls = 0;
    const statistics = new StorageStatistics();
    const storage = composed({
      statistics,
      timeoutSeconds: 0.1,
      faults: () => (calls++ === 0 ? { kind: 'stall', afterBytes: 300_000 } : undefined),
    });
    const bytes = await readWhole(storage, 'file', { maxBytes: 2e6 });
    expect(bytes.equals(someBytes(1_000_000))).toBe(true);
    expect(statistics).toMatchObject({ retries: 1, bytesRead: 1_000_000 });
  });

  it('ends calls of a backend that does not even notice the signal', async () => {
    class Deaf extends WrappedStorage {
      override list(): Promise<never> {
        return new Promise(() => undefined);
      }
      // eslint-disable-next-line require-yield -- it never gets there
      override async *read(): AsyncGenerator<Uint8Array> {
        await new Promise(() => undefined);
      }
    }
    const storage = composed({ timeoutSeconds: 0.02, numRetries: 2 }, new Deaf(plain));
    await expect(storage.list()).rejects.toThrow('Nothing came or went');
    await expect(collect(storage.read('file', undefined))).rejects.toThrow('Nothing came or went');
    const patient = composed({ timeoutSeconds: 60 }, new Deaf(plain));
    await expect(patient.list(AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(
      collect(patient.read('file', undefined, AbortSignal.timeout(20))),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('ends a read that drips, also when each try of it brings some bytes', async () => {
    class Dripping extends WrappedStorage {
      bytesAtOnce = 1;
      override async *read(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 100; i += 1) {
          await sleep(20);
          yield someBytes(this.bytesAtOnce);
        }
      }
    }
    const dripping = new Dripping(plain);
    const statistics = new StorageStatistics();
    const storage = composed({ timeoutSeconds: 0.1, numRetries: 3, statistics }, dripping);
    await expect(collect(storage.read('file', undefined))).rejects.toMatchObject({
      code: 'STORAGE',
      message: expect.stringContaining('Less than 100 bytes a second') as string,
    });
    expect(statistics.retries).toBe(2);
    dripping.bytesAtOnce = 50; // 2.5 kB a second
    expect(await collect(storage.read('file', undefined))).toHaveLength(5000);
  });

  it('ends a write that takes a byte a second', async () => {
    class Sipping extends WrappedStorage {
      override async write(_name: string, body: Body): Promise<void> {
        for await (const chunk of body as AsyncIterable<Uint8Array>) await sleep(chunk.length * 40);
      }
    }
    const storage = composed({ timeoutSeconds: 0.02, numRetries: 1 }, new Sipping(plain));
    await expect(storage.write('x', repeated(someBytes(1), 100), {})).rejects.toThrow(
      'Less than 100 bytes a second',
    );
  });

  it('does not count the time in which a slow consumer or a slow source works', async () => {
    const storage = composed({ timeoutSeconds: 0.05, numRetries: 1 });
    let size = 0;
    for await (const chunk of storage.read('file', { offset: 0, length: 600_000 })) {
      await sleep(100);
      size += chunk.length;
    }
    expect(size).toBe(600_000);
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield someBytes(10);
      await sleep(700); // longer than the time-out of a write, which is ten times that of a read
      yield someBytes(10);
    }
    await storage.write('slow', slow(), {});
  });
});

describe('the stall time-out of a write', () => {
  it('leaves no timer when the server answers before it has asked for the end of the body', async () => {
    // as WebDAV servers do that know the length: backups then ended five minutes after their last line
    class Early extends WrappedStorage {
      override async write(_name: string, body: Body): Promise<void> {
        const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
        await chunks.next();
        setImmediate(() => void chunks.next());
      }
    }
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const storage = composed({ timeoutSeconds: 30 }, new Early(plain));
    const before = timers();
    await storage.write('x', repeated(someBytes(10), 1), {});
    await sleep(20);
    expect(timers()).toBe(before);
  });
});

describe('the limits', () => {
  it('hold the number of calls at once', async () => {
    let running = 0;
    let most = 0;
    class Busy extends WrappedStorage {
      override async stat(): Promise<undefined> {
        most = Math.max(most, (running += 1));
        await sleep(5);
        running -= 1;
      }
    }
    const storage = composed({ concurrency: 3 }, new Busy(plain));
    await Promise.all(Array.from({ length: 20 }, () => storage.stat('file')));
    expect(most).toBe(3);
  });

  it('let a write take its body from a read of the same storage', async () => {
    const storage = composed({ concurrency: 1 });
    await storage.write('copy', storage.read('file', undefined), {});
    expect(await storage.stat('copy')).toMatchObject({ size: 1_000_000 });
  });

  it('hold the bandwidth in both directions', async () => {
    const storage = composed({ maxDownloadRate: 2_000_000, maxUploadRate: 4_000_000 });
    let started = performance.now();
    await readWhole(storage, 'file', { maxBytes: 2e6 });
    expect(performance.now() - started).toBeGreaterThan(450);
    expect(performance.now() - started).toBeLessThan(1500);
    started = performance.now();
    await storage.write('up', someBytes(1_000_000), {});
    expect(performance.now() - started).toBeGreaterThan(220);
    const cancelled = readWhole(storage, 'file', {
      maxBytes: 2e6,
      signal: AbortSignal.timeout(30),
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('errors', () => {
  it('never hold a secret, as it is or percent-encoded', async () => {
    const error = new Error('Login as s3cret/% and s3cret%2F%25 failed');
    const storage = composed({ numRetries: 1, faults: () => ({ kind: 'fail', error }) });
    const caught: unknown = await storage.list().catch((reason: unknown) => reason);
    expect(String(caught)).toContain('Login as *** and *** failed');
    expect(caught).not.toHaveProperty('cause');
  });

  it('tell of a storage that answers with too few or too many bytes', async () => {
    for (const bytes of [3, 5]) {
      class Liar extends WrappedStorage {
        // eslint-disable-next-line @typescript-eslint/require-await -- an async iterable
        override async *read(): AsyncGenerator<Uint8Array> {
          yield someBytes(bytes);
        }
      }
      const storage = composed({ numRetries: 1 }, new Liar(plain));
      await expect(collect(storage.read('file', { offset: 0, length: 4 }))).rejects.toMatchObject({
        code: 'STORAGE',
      });
    }
  });

  it('tell of a body that is too long or breaks at its end, though the server has all it waited for', async () => {
    let got = 0;
    const hasty = new (class extends WrappedStorage {
      override async write(_name: string, body: Body, { size }: WriteOptions): Promise<void> {
        got = 0;
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          got += chunk.length;
          if (got === size) return;
        }
      }
    })(plain);
    const tooLong = new Replayable(() => repeated(someBytes(500, 1), 3));
    await expect(composed({}, hasty).write('x', tooLong, { size: 1000 })).rejects.toThrow(
      'the body has 1500 bytes, not 1000',
    );
    expect(got).toBeLessThan(1000);
    const breaks = async function* (): AsyncGenerator<Uint8Array> {
      yield* repeated(someBytes(500, 1), 2);
      throw new Error('The disk is broken');
    };
    await expect(
      composed({ numRetries: 1 }, hasty).write('x', new Replayable(breaks), { size: 1000 }),
    ).rejects.toThrow('The disk is broken');
  });

  it('name a file that is larger than its kind can be', async () => {
    await expect(readWhole(plain, 'file', { maxBytes: 999_999 })).rejects.toMatchObject({
      code: 'DAMAGED',
      message: expect.stringContaining('"file"') as string,
    });
  });
});
