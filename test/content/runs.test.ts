import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeGaps, spanOf } from '../../src/content/runs.js';

const run = (offset: number, length: number, volumeId = 1) => ({ volumeId, offset, length });

describe('runs that are read together', () => {
  it('are those of one volume with no more than a header between them', () => {
    expect(spanOf([run(512, 100), run(1124, 50)])).toEqual(run(512, 662));
    expect(spanOf([run(512, 100), run(1124, 50, 2)])).toBeUndefined();
    expect(spanOf([run(512, 100), run(1_000_000, 50)])).toBeUndefined();
    expect(spanOf([run(1124, 50), run(512, 100)])).toBeUndefined();
  });

  it('give the bytes of the runs without what lies between', () => {
    const sizes = fc.record({ gap: fc.nat(600), length: fc.integer({ min: 1, max: 2000 }) });
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 20 }), (parts) => {
        let offset = 77;
        const runs = parts.map(({ gap, length }) => {
          offset += gap;
          const made = run(offset, length);
          offset += length;
          return made;
        });
        const volume = Buffer.from(Array.from({ length: offset }, (_, at) => (at * 31) % 251));
        const span = spanOf(runs);
        if (span === undefined) throw new Error('they follow each other closely');
        const wanted = Buffer.concat(
          runs.map((part) => volume.subarray(part.offset, part.offset + part.length)),
        );
        const read = Buffer.from(volume.subarray(span.offset, span.offset + span.length));
        expect(closeGaps(read, runs, wanted.length).equals(wanted)).toBe(true);
      }),
    );
  });
});
