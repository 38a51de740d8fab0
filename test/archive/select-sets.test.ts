import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, selectSets, setKey } from '../../src/archive/index.js';
import type { BackupSet, SetTimes } from '../../src/archive/index.js';
import { isDuplifsError } from '../../src/base/index.js';
import * as set from './set-names.js';
import {
  day,
  full1,
  full2,
  full,
  inc1,
  inc2,
  inc3,
  inc4,
  inc5,
  inc,
  twoChains,
  whole,
  without,
} from './set-names.js';

const selected = (stored: readonly string[], time: number, local: readonly string[] = []) =>
  selectSets(collect({ stored, local }), time).sets.map(({ key }) => key);
const keysOf = (...times: readonly SetTimes[]) => times.map(setKey);

describe('a time selects', () => {
  it.each([
    ['that of a set', day(1), [full1, inc1]],
    ['between two sets', day(1) + 5000, [full1, inc1]],
    ['between two chains', day(2) + 5000, [full1, inc1, inc2]],
    ['that of the second full', day(3), [full2]],
    ['a second before the second full', day(3) - 1, [full1, inc1, inc2]],
    ['after everything', day(100), [full2, inc3, inc4, inc5]],
  ])('%s: the full and the incrementals up to it', (_, time, sets) => {
    expect(selected(twoChains, time)).toEqual(keysOf(...sets));
  });

  it('nothing when it is before the first set: an error that names that set and its time', () => {
    const error = thrown(() => selected(twoChains, day(0) - 1));
    expect(isDuplifsError(error, 'NO_BACKUP')).toBe(true);
    expect(String(error)).toContain('the first is the full of ');
    expect(isDuplifsError(error) && error.hint).toContain('20231114T221320Z');
  });

  it('nothing where there is no backup', () => {
    expect(thrown(() => selected([], day(1)))).toMatchObject({
      code: 'NO_BACKUP',
      message: 'There is no backup here',
    });
    const orphan = thrown(() => selected(whole(inc1), day(1)));
    expect(orphan).toMatchObject({ code: 'NO_BACKUP' });
    expect(String(orphan)).toContain('for want of the set that it builds on');
  });

  it('a newest set without its sigtar, which duplicity leaves out', () => {
    const stored = without(twoChains, set.signatures(inc5));
    expect(selected(stored, day(9))).toEqual(keysOf(full2, inc3, inc4, inc5));
  });

  it('never a partial set, nor what builds on one', () => {
    const stored = without(twoChains, set.manifest(inc4));
    const local = [set.partManifest(inc4)];
    expect(selected(stored, day(9), local)).toEqual(keysOf(full2, inc3));
    const partialFull = [...whole(full1, inc1), set.volume(full2)];
    expect(selected(partialFull, day(9), [set.partManifest(full2)])).toEqual(keysOf(full1, inc1));
  });

  it('of two chains that cover it the one with the newer set up to it', () => {
    // the old chain grew on after a newer full
    const stored = whole(full(0), inc(0, 1), full(2), inc(2, 4), inc(1, 6));
    expect(selected(stored, day(3))).toEqual(keysOf(full(2)));
    expect(selected(stored, day(4))).toEqual(keysOf(full(2), inc(2, 4)));
    // only the old chain covers these, as for duplicity
    expect(selected(stored, day(5))).toEqual(keysOf(full(0), inc(0, 1)));
    expect(selected(stored, day(7))).toEqual(keysOf(full(0), inc(0, 1), inc(1, 6)));
  });

  it('a run of sets that each build on the one before, none of them later than it', () => {
    const times = fc.oneof(
      fc.nat(9).map(full),
      fc.tuple(fc.nat(9), fc.nat(9)).map(([start, end]) => inc(start, end)),
      fc.nat(8).map((start) => inc(start, start + 1)), // without these a run is seldom longer than two
    );
    let longest = 0;
    fc.assert(
      fc.property(
        fc.array(times, { minLength: 1 }),
        fc.integer({ min: -1, max: 11 }),
        (all, at) => {
          const collection = collect({ stored: whole(...all) });
          try {
            const { sets } = selectSets(collection, day(at));
            expect(sets.length).toBeGreaterThan(0);
            longest = Math.max(longest, sets.length);
            expect(sets[0]?.times.kind).toBe('full');
            expect(sets.slice(1).map(startOf)).toEqual(sets.slice(0, -1).map(endOf));
            expect(sets.every(({ times }) => times.endSeconds <= day(at))).toBe(true);
          } catch (error) {
            if (!isDuplifsError(error, 'NO_BACKUP')) throw error;
            expect(collection.chains.every(({ startSeconds }) => startSeconds > day(at))).toBe(
              true,
            );
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(longest).toBeGreaterThan(3);
  });
});

const startOf = ({ times }: BackupSet): number | undefined =>
  times.kind === 'inc' ? times.startSeconds : undefined;
const endOf = ({ times }: BackupSet): number => times.endSeconds;

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
