import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SetTimes } from '../../src/archive/index.js';
import { timeOfFull } from '../../src/consolidate/time-of-full.js';

const full = (endSeconds: number): SetTimes => ({ kind: 'full', endSeconds });
const inc = (startSeconds: number, endSeconds: number): SetTimes => ({
  kind: 'inc',
  startSeconds,
  endSeconds,
});

describe('the time of a full that is made from a chain', () => {
  it('is the second after its set, before all that is newer', () => {
    const taken = [full(100), inc(100, 200), full(300)];
    const wholeEnds = [100, 200, 300];
    expect(timeOfFull({ setSeconds: 200, taken, wholeEnds })).toBe(201);
    expect(timeOfFull({ setSeconds: 300, taken, wholeEnds })).toBe(301);
    expect(timeOfFull({ setSeconds: 100, taken, wholeEnds })).toBe(101);
  });

  it('is never that of a set of which anything is there', () => {
    const taken = [full(100), full(101), inc(102, 400)];
    expect(timeOfFull({ setSeconds: 100, taken, wholeEnds: [100] })).toBe(103);
  });

  it('is not to be had where the next whole set follows at once', () => {
    const taken = [full(100), inc(100, 101)];
    expect(timeOfFull({ setSeconds: 100, taken, wholeEnds: [100, 101] })).toBeUndefined();
  });

  it('lies between its set and the next one whatever there is', () => {
    const times = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(times, fc.nat(), (ends, pick) => {
        const sorted = ends.toSorted((a, b) => a - b);
        const at = pick % sorted.length;
        const setSeconds = sorted[at] ?? 0;
        const next = sorted[at + 1];
        const time = timeOfFull({ setSeconds, taken: sorted.map(full), wholeEnds: sorted });
        if (next === setSeconds + 1) expect(time).toBeUndefined();
        else expect(time).toBe(setSeconds + 1);
      }),
    );
  });
});
