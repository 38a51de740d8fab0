/** A storage says what failed, tries again where that helps, and ends when it is told to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readWhole, StorageStatistics } from '../../../src/storage/index.js';
import type { Storage } from '../../../src/storage/index.js';
import { collect, someBytes } from '../bytes.js';
import { fewTries } from './subject.js';
import type { Having, Tested } from './subject.js';

export function describeFailures({ open, subject, having }: Tested): void {
  const itWith = (needed: Having, title: string, test: () => Promise<void>): void => {
    if (having.includes(needed)) it(title, test);
  };

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
    await expect(storage.write('new', endless(), { signal: writing.signal })).rejects.toMatchObject(
      { code: 'ABORTED' },
    );
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
}
