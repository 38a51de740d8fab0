import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateBlock } from '../../src/deflate/index.js';
import { isalBytes, loadIsal } from '../../src/deflate/isal.js';
import { noise } from '../support/noise.js';

describe('blocks deflated by themselves', () => {
  it('are one stream when they are put together, whatever is in them', async () => {
    const piece = fc.record({ length: fc.nat(100_000), dense: fc.boolean() });
    const pieces = fc.array(piece, { maxLength: 6 });
    const level = fc.constantFrom(1, 4);
    await fc.assert(
      fc.asyncProperty(pieces, level, fc.boolean(), async (pieces, chosen, now) => {
        const data = Buffer.concat(
          pieces.map(({ length, dense }) =>
            dense ? noise(length) : Buffer.alloc(length, 'text '),
          ),
        );
        const half = data.length >> 1;
        const first = await deflateBlock(data.subarray(0, half), chosen, false, now);
        const last = await deflateBlock(data.subarray(half), chosen, true, now);
        expect(inflateRawSync(Buffer.concat([first, last])).equals(data)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([1, 4])(
    'grow by next to nothing when they cannot be compressed, at level %i',
    async (level) => {
      const data = noise(262_144);
      expect((await deflateBlock(data, level, true)).length).toBeLessThan(data.length + 64);
    },
  );

  it('are each what they were when many are deflated at once', async () => {
    const blocks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(200_000 + i, `text ${i} `));
    const packed = await Promise.all(blocks.map(async (block) => deflateBlock(block, 1, true)));
    for (const [i, bytes] of packed.entries()) {
      expect(inflateRawSync(bytes).equals(blocks[i] ?? Buffer.alloc(0))).toBe(true);
    }
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('ISA-L', () => {
  it('is used where libisal2 is installed, as the tests install it', async (test) => {
    const isal = await loadIsal();
    if (isal === undefined) {
      expect(process.env.CI).not.toBe('true');
      test.skip('libisal2 is not installed');
      return;
    }
    for (const length of [0, 1, 1000, isalBytes]) {
      const half = noise(length >> 1);
      const data = Buffer.concat([half, Buffer.alloc(length - half.length, 'text ')]);
      for (const packed of [isal.now(data, true), await isal.inPool(data, true)]) {
        expect(packed && inflateRawSync(packed).equals(data)).toBe(true);
      }
    }
    const noisy = noise(isalBytes);
    for (const packed of [isal.now(noisy, true), await isal.inPool(noisy, true)]) {
      expect(packed && inflateRawSync(packed).equals(noisy)).toBe(true);
    }
  });
});
