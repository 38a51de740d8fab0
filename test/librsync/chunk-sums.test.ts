import { describe, expect, it } from 'vitest';
import { ChunkSums } from '../../src/librsync/chunk-sums.js';
import { Md4Pair } from '../../src/librsync/md4.js';
import { weakSum } from '../../src/librsync/rollsum.js';
import { noise } from '../support/noise.js';

describe('the sums of blocks by WebAssembly', () => {
  it.each([64, 512, 2048, 4096, 65536])('are those of JavaScript (blocks of %i)', (length) => {
    const sums = ChunkSums.of(length);
    if (sums === undefined) throw new Error('there is none on this machine');
    for (const kind of ['noise', 'text', 'high', 'zeros']) {
      for (const count of [1, 3, 4, sums.capacity]) {
        const bytes = new Uint8Array(length * count + 7);
        if (kind === 'noise') bytes.set(noise(bytes.length));
        if (kind === 'text') Buffer.from(bytes.buffer).fill('text of some lines\n');
        if (kind === 'high') bytes.fill(255);
        sums.compute(bytes, 7, count);
        const view = new DataView(bytes.buffer);
        const md4 = new Md4Pair(null);
        for (let block = 0; block < count; block += 1) {
          const at = 7 + block * length;
          md4.hash(view, at, at, length);
          const expected = [weakSum(view, at, length), md4.first0, md4.first1];
          expect([sums.weak(block), sums.strong0(block), sums.strong1(block)]).toEqual(expected);
        }
      }
    }
  });

  it('are those of JavaScript for two runs of any length, and leave those of blocks alone', () => {
    const bytes = noise(200_000);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const [kernel, script] = [new Md4Pair(), new Md4Pair(null)];
    const sums = ChunkSums.of(64);
    sums?.compute(bytes, 0, 4);
    const before = sums?.words(4).slice();
    const lengths = [...Array(200).keys(), 2047, 2048, 65_407, 65_408, 65_409, 100_000];
    for (const length of lengths) {
      for (const md4 of [kernel, script]) md4.hash(view, 3, 90_001, length);
      const { first0, first1, second0, second1 } = script;
      expect(kernel).toMatchObject({ first0, first1, second0, second1 });
      expect(second0).not.toBe(length > 0 ? first0 : undefined);
    }
    expect(sums?.words(4)).toEqual(before);
  });

  it('are not had for lengths that do not fit', () => {
    expect(ChunkSums.of(100)).toBeUndefined();
    expect(ChunkSums.of(1 << 20)).toBeUndefined();
  });
});
