import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateBlock } from '../../src/base/index.js';
import { noise } from '../support/noise.js';

describe('blocks deflated by themselves', () => {
  it('are one stream when they are put together, whatever is in them', async () => {
    const piece = fc.record({ length: fc.nat(100_000), dense: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        const data = Buffer.concat(
          pieces.map(({ length, dense }) =>
            dense ? noise(length) : Buffer.alloc(length, 'text '),
          ),
        );
        const half = data.length >> 1;
        const first = await deflateBlock(data.subarray(0, half), 4, false);
        const last = await deflateBlock(data.subarray(half), 4, true);
        expect(inflateRawSync(Buffer.concat([first, last])).equals(data)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('grow by next to nothing when they cannot be compressed', async () => {
    const data = noise(262_144);
    expect((await deflateBlock(data, 4, true)).length).toBeLessThan(data.length + 64);
  });
});
