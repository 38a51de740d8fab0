/** Places in deflate streams of zlib's, from which any part can be inflated without what comes before. */
import { createInflateRaw, deflateRawSync, gzipSync, createGunzip } from 'node:zlib';
import type { Transform } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feedInCuts, inflateFrom, SeekPointFinder, unpackWindow } from '../../src/deflate/index.js';
import type { SeekPoint } from '../../src/deflate/index.js';
import { noise } from '../support/noise.js';

/** Text that compresses as source code does. */
function words(bytes: number, seed = 1): Buffer {
  const random = noise(bytes / 2, seed);
  const parts: string[] = [];
  for (let at = 0; at < random.length; at += 1) {
    const one = random[at] ?? 0;
    parts.push(one < 40 ? String(one * 7919) : one < 128 ? 'function ' : `line_${one % 16}\n`);
  }
  return Buffer.from(parts.join('').slice(0, bytes));
}

async function* cut(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    await Promise.resolve();
    yield bytes.subarray(at, at + pieceBytes);
  }
}

async function pointsOf(
  stream: Transform,
  deflated: Buffer,
  { pieceBytes = 64 * 1024, deflatedBytes = 20_000, inflatedBytes = 2 ** 20 } = {},
): Promise<{ points: readonly SeekPoint[]; inflated: Buffer }> {
  const finder = new SeekPointFinder({ deflatedBytes, inflatedBytes });
  const fed = feedInCuts(stream, cut(deflated, pieceBytes), finder);
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  await fed;
  return { points: finder.points, inflated: Buffer.concat(parts) };
}

/** Inflates from each place to the next, and holds it against the truth. */
async function expectSeekable(
  deflated: Buffer,
  truth: Buffer,
  points: readonly SeekPoint[],
): Promise<void> {
  for (const [index, { bit, inflatedOffset, window }] of points.entries()) {
    const next = points[index + 1];
    const length = (next?.inflatedOffset ?? truth.length) - inflatedOffset;
    const end = next === undefined ? deflated.length : Math.ceil(next.bit / 8);
    const bytes = deflated.subarray(Math.floor(bit / 8), end);
    const part = await inflateFrom({ bytes, bit: bit % 8, window: unpackWindow(window), length });
    expect(part.equals(truth.subarray(inflatedOffset, inflatedOffset + length))).toBe(true);
  }
}

describe('places in a deflate stream', () => {
  it.each([
    ['text', words(3_000_000)],
    ['noise, which is stored', noise(2_000_000)],
    [
      'both in turn',
      Buffer.concat([words(600_000), noise(500_000), words(600_000, 2), noise(90_000, 3)]),
    ],
    ['zeros and text', Buffer.concat([words(300_000), Buffer.alloc(9_000_000), words(300_000, 2)])],
  ])('are found in %s, and all of it is read from them', async (_, truth) => {
    for (const level of [1, 6, 9]) {
      const deflated = deflateRawSync(truth, { level });
      const { points, inflated } = await pointsOf(createInflateRaw(), deflated);
      expect(inflated.equals(truth)).toBe(true);
      // one for each 20 kB and a block of at most some 60
      expect(points.length).toBeGreaterThan(deflated.length / 100_000);
      await expectSeekable(deflated, truth, points);
    }
  });

  it('are no farther from each other than they may be, however well the stream compresses', async () => {
    const truth = Buffer.concat([words(50_000), Buffer.alloc(60_000_000), words(50_000)]);
    const deflated = deflateRawSync(truth);
    const { points } = await pointsOf(createInflateRaw(), deflated, { deflatedBytes: 2 ** 20 });
    const offsets = [...points.map(({ inflatedOffset }) => inflatedOffset), truth.length];
    const distances = offsets.map((offset, index) => offset - (offsets[index - 1] ?? 0));
    expect(Math.max(...distances.slice(0, -1))).toBeLessThan(16 * 2 ** 20);
    await expectSeekable(deflated, truth, points);
  });

  it('are found in a gzip member, counted from the start of the file', async () => {
    const truth = words(2_000_000);
    const file = gzipSync(truth);
    const { points, inflated } = await pointsOf(createGunzip(), file, { pieceBytes: 100_000 });
    expect(inflated.equals(truth)).toBe(true);
    expect(points.length).toBeGreaterThan(3);
    await expectSeekable(file, truth, points);
  });

  it('hold whatever the data, the level and the pieces', async () => {
    const part = fc.oneof(
      fc.record({ kind: fc.constant('words'), bytes: fc.integer({ min: 1, max: 200_000 }) }),
      fc.record({ kind: fc.constant('noise'), bytes: fc.integer({ min: 1, max: 120_000 }) }),
      fc.record({ kind: fc.constant('zeros'), bytes: fc.integer({ min: 1, max: 2_000_000 }) }),
    );
    const make = { words, noise, zeros: (bytes: number) => Buffer.alloc(bytes) };
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 3000, max: 300_000 }),
        async (parts, level, pieceBytes) => {
          const truth = Buffer.concat(
            parts.map(({ kind, bytes }, index) => make[kind](bytes, index)),
          );
          const deflated = deflateRawSync(truth, { level });
          const { points, inflated } = await pointsOf(createInflateRaw(), deflated, { pieceBytes });
          expect(inflated.equals(truth)).toBe(true);
          await expectSeekable(deflated, truth, points);
        },
      ),
      { numRuns: 40 },
    );
  });
});
