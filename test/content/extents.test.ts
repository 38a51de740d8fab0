import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { ExtentsBuilder } from '../../src/content/extents-builder.js';
import type { Extents } from '../../src/content/extents.js';
import type { Extent } from '../../src/content/packed-extents.js';
import { runsOf } from '../../src/content/runs.js';

const builder = (): ExtentsBuilder => new ExtentsBuilder(() => 'some/file');
const one = (volumeId: number, offset: number, length: number): Extent => ({
  volumeId,
  offset,
  length,
  count: 1,
  stride: 0,
});

/** Where each byte lies, one by one. */
function bytesOf(extents: readonly Extent[]): string[] {
  return extents.flatMap(({ volumeId, offset, length, count, stride }) =>
    Array.from({ length: count * length }, (_, at) => {
      const place = offset + Math.floor(at / length) * stride + (at % length);
      return `${volumeId}:${place}`;
    }),
  );
}

function slice(extents: Extents, offset: number, length: number): Extent[] {
  const visited: Extent[] = [];
  extents.slice(offset, length, (extent) => visited.push(extent) > 0);
  return visited;
}

const extent = fc
  .record({
    volumeId: fc.constantFrom(1, 2, 300, 2 ** 40),
    offset: fc.nat(5000),
    length: fc.nat(7),
    count: fc.constantFrom(1, 1, 1, 2, 5),
    gap: fc.nat(600),
  })
  .map(({ volumeId, offset, length, count, gap }) => ({
    volumeId,
    offset,
    length,
    count,
    stride: count > 1 ? length + gap : 0,
  }));

describe('extents', () => {
  it('give every part of the file as it was put together', () => {
    const parts = fc.array(fc.tuple(fc.nat(600), fc.nat(600)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(extent, { maxLength: 150 }), parts, (list, slices) => {
        const made = builder();
        for (const item of list) made.add(item);
        const extents = made.build();
        const bytes = bytesOf(list);
        expect(extents.length).toBe(bytes.length);
        for (const [from, length] of slices) {
          const offset = Math.min(from, bytes.length);
          const wanted = bytes.slice(offset, offset + length);
          expect(bytesOf(slice(extents, offset, wanted.length))).toEqual(wanted);
        }
      }),
    );
  });

  it('join what follows in a volume', () => {
    const extents = builder()
      .add(one(7, 512, 100))
      .add(one(7, 612, 50))
      .build();
    expect(slice(extents, 0, 150)).toEqual([one(7, 512, 150)]);
  });

  it('of a terabyte in runs of pieces take little memory and are found at once', () => {
    const made = builder();
    const run = { offset: 512, length: 65536, count: 3200, stride: 66048 };
    for (let volume = 1; volume <= 5000; volume += 1) made.add({ volumeId: volume, ...run });
    const extents = made.build();
    expect(extents.length).toBe(5000 * 3200 * 65536);
    expect(extents.heldBytes).toBeLessThan(256 * 1024);
    const [first] = runsOf(extents, 4321 * 3200 * 65536 + 65536 + 5, 10);
    expect(first).toEqual({ volumeId: 4322, offset: 512 + 66048 + 5, length: 10 });
  });

  it('of millions of parts take some bytes for each', () => {
    const made = builder();
    for (let at = 0; at < 1_000_000; at += 1) made.add(one(1, (at * 7919 * 512) % 2 ** 32, 512));
    expect(made.build().heldBytes).toBeLessThan(16 * 1_000_000);
  });

  it('of crumbs are refused, naming the file', () => {
    const made = builder();
    const crumbs = (): void => {
      for (let at = 0; at < 100_000; at += 1) made.add(one(1, (at % 2) * 500, 1));
    };
    let thrown: unknown;
    try {
      crumbs();
    } catch (error) {
      thrown = error;
    }
    expect(isDuplifsError(thrown, 'DAMAGED') && thrown.message).toContain('some/file');
    expect(() => builder().add({ ...one(1, 0, 1), count: 2 ** 24, stride: 1024 })).toThrow(
      'small parts',
    );
  });

  it('are looked at some thousand runs at a time', () => {
    const made = builder().add({ ...one(1, 0, 100), count: 60_000, stride: 1024 });
    expect(runsOf(made.build(), 0, 6_000_000)).toHaveLength(4096);
  });
});
