import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type * as readFile from '../../../src/backup/reading/read-file.js';
import type * as summingThread from '../../../src/backup/reading/summing-thread.js';
import { applyDelta, ChunkSums, SignatureBuilder } from '../../../src/librsync/index.js';
import type { SumsAhead } from '../../../src/librsync/index.js';
import { builtModule } from '../../support/compiled.js';
import { noise } from '../../support/noise.js';
import { temporaryFolders } from '../../support/temporary.js';

const { FileReader } = await builtModule<typeof readFile>('src/backup/reading/read-file.ts');
const { SummingThread } = await builtModule<typeof summingThread>(
  'src/backup/reading/summing-thread.ts',
);

const blockLength = 2048;
const newFolder = temporaryFolders();
let path: string;
beforeEach(() => {
  path = join(newFolder(), 'file');
});

function signatureOf(bytes: Buffer): Buffer {
  const builder = new SignatureBuilder(blockLength);
  builder.update(bytes);
  return builder.digest();
}

/** The thread takes a moment to start. */
async function firstUntil(ahead: SumsAhead, block: number): Promise<number> {
  for (let tries = 0; tries < 500; tries += 1) {
    const until = ahead.until(block);
    if (until > block) return until;
    await sleep(10);
  }
  throw new Error('Nothing is summed up');
}

describe('sums that another thread makes', () => {
  it('give the same delta and signature', async () => {
    const summing = new SummingThread();
    const old = noise(80 << 20);
    const base = signatureOf(old);
    const changed = Buffer.from(old);
    for (let at = 3_000_000; at < changed.length; at += 9_000_000) noise(70_000).copy(changed, at);
    const shifted = Buffer.concat([noise(1000), old.subarray(0, 40 << 20), old.subarray(41 << 20)]);
    const shorter = old.subarray(0, (70 << 20) + 1);
    for (const next of [old, changed, shifted, shorter, Buffer.concat([old, noise(100_000)])]) {
      writeFileSync(path, next);
      const made = (reader: readFile.FileReader): [Buffer, Buffer] => {
        const delta: Buffer[] = [];
        const request = { path, blockLength, base, follow: false };
        const { signature, failure } = reader.read(request, {
          data: (bytes) => delta.push(Buffer.from(bytes)),
          signature: () => expect.unreachable(),
        });
        expect(failure).toBeUndefined();
        return [Buffer.concat(delta), Buffer.from(signature)];
      };
      const [delta, signature] = made(new FileReader(summing));
      const [deltaAlone, signatureAlone] = made(new FileReader());
      expect(signature.equals(signatureAlone)).toBe(true);
      expect(signature.equals(signatureOf(next))).toBe(true);
      expect(delta.length).toBeLessThan(deltaAlone.length + 100_000);
      expect(applyDelta(old, delta, 'test').equals(next)).toBe(true);
      await new Promise(setImmediate); // the thread's failure would be told of now
    }
  });

  it('are those of the file, from the block on that is wanted', async () => {
    const summing = new SummingThread();
    const bytes = noise(60 << 20);
    writeFileSync(path, bytes);
    const file = openSync(path, 'r');
    const ahead = summing.begin(file, blockLength) as SumsAhead;
    const sums = ChunkSums.of(blockLength) as ChunkSums;
    let checked = 0;
    for (let block = 0; block < bytes.length / blockLength;) {
      const until = block === 0 ? await firstUntil(ahead, 0) : ahead.until(block);
      expect(until).toBeGreaterThan(block);
      sums.compute(bytes, block * blockLength, 1);
      for (const word of ['weak', 'strong0', 'strong1'] as const) {
        expect(ahead[word](block)).toBe(sums[word](0));
      }
      checked += 1;
      block = checked % 50 === 0 ? block + 9001 : until; // more than are kept, now and then
    }
    const end = bytes.length / blockLength;
    expect(ahead.until(end)).toBe(end);
    expect(ahead.until(end + 5)).toBe(end + 5);
    summing.end();
    closeSync(file);
    expect(checked).toBeGreaterThan(20);
  });

  it('are given up at once, begun or not, and can begin again', async () => {
    const summing = new SummingThread();
    writeFileSync(path, noise(60 << 20));
    const file = openSync(path, 'r');
    for (let i = 0; i < 20; i += 1) {
      const ahead = summing.begin(file, blockLength) as SumsAhead;
      if (i % 2 === 1) await firstUntil(ahead, i);
      const start = performance.now();
      summing.end();
      summing.end();
      expect(performance.now() - start).toBeLessThan(5000);
      // behind the file's end: how far the thread had come is its own affair
      expect(ahead.until(100_000)).toBe(100_000);
    }
    closeSync(file);
  });

  it('are not made for blocks that cannot be summed up together', async () => {
    const summing = new SummingThread();
    writeFileSync(path, noise(1 << 20));
    const file = openSync(path, 'r');
    for (const length of [100, 1 << 20]) {
      const ahead = summing.begin(file, length) as SumsAhead;
      await sleep(200);
      expect(ahead.until(0)).toBe(0);
      summing.end();
    }
    closeSync(file);
  });
});
