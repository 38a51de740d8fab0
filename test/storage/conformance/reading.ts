/** A storage gives back what was written: whole, in ranges, many at a time, and large. */
import { mkdtemp, open as openFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Replayable } from '../../../src/storage/body.js';
import { OpenFile, readWhole, StorageStatistics } from '../../../src/storage/index.js';
import { collect, digestOf, repeated, someBytes } from '../bytes.js';
import { fewTries } from './subject.js';
import type { Tested } from './subject.js';

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

export function describeReading({ open, subject }: Tested): void {
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
    if (subject().withoutTimes === true) return;
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
}
