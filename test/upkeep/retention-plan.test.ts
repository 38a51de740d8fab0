/** What retention plans: pure, over any collection of sets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, noPrefixes } from '../../src/archive/index.js';
import type { BackupSet, Collection } from '../../src/archive/index.js';
import { planAllButFulls, planIncrementals, planOlderThan } from '../../src/upkeep/index.js';
import {
  day,
  full,
  full1,
  inc,
  inc1,
  inc2,
  manifest,
  signatures,
  twoChains,
  volume,
  whole,
  without,
} from '../archive/set-names.js';

const collectionOf = (names: readonly string[]): Collection =>
  collect({ stored: names, local: [], prefixes: noPrefixes });

const keys = (sets: readonly BackupSet[]): string[] => sets.map(({ key }) => key);

/** Chains of some sets each, a day apart. */
const histories = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 })
  .map((chains) => {
    let end = 0;
    return chains.flatMap((length) => {
      const sets = [full(end)];
      for (let n = 1; n < length; n += 1) sets.push(inc(end + n - 1, end + n));
      end += length;
      return sets;
    });
  });

describe('a retention plan', () => {
  it('takes whole chains that end before the time, and never the newest', () => {
    const collection = collectionOf(twoChains);
    expect(planOlderThan(collection, day(2)).removed).toEqual([]);
    expect(keys(planOlderThan(collection, day(2)).needed)).toHaveLength(2);
    const plan = planOlderThan(collection, day(100));
    expect(plan.removed.map(keys)).toEqual([keys(collection.chains[0]?.sets ?? [])]);
    expect(plan.isNewestOld).toBe(true);
    expect(planAllButFulls(collection, 1).removed).toHaveLength(1);
    expect(planAllButFulls(collection, 2).removed).toEqual([]);
    expect(planAllButFulls(collection, 3).removed).toEqual([]);
    expect(planIncrementals(collection, 1).removed[0]?.map(({ times }) => times.kind)).toEqual([
      'inc',
      'inc',
    ]);
  });

  it('takes signatures as duplicity does: those of old signature chains, of lost sets too', () => {
    const [f1, i1, i2] = [signatures(full1), signatures(inc1), signatures(inc2)];
    const taken = (names: readonly string[], seconds: number): string[] =>
      planOlderThan(collectionOf(names), seconds).signatures.stored.map(({ name }) => name);
    expect(taken(twoChains, day(2.5))).toEqual([f1, i1, i2]);
    expect(taken(twoChains, day(1.5))).toEqual([]);
    // the set of I1 is lost, and so I2 is in no chain
    const lost = without(twoChains, manifest(inc1), volume(inc1));
    expect(taken(lost, day(2.5))).toEqual([f1, i1, i2]);
    // the sigtar of F1 is lost: the others are in no signature chain
    expect(taken(without(twoChains, f1), day(2.5))).toEqual([]);
    // no chain goes
    const none = without(twoChains, manifest(full1), volume(full1));
    expect(taken(none, day(2.5))).toEqual([]);
    // F3's signatures end before the time, and its chain does not
    const more = [...twoChains, ...whole(full(7), inc(7, 20), full(30))];
    expect(taken(without(more, signatures(inc(7, 20))), day(10))).not.toContain(
      signatures(full(7)),
    );
    const incrementals = planIncrementals(collectionOf(twoChains), 1).signatures.stored;
    expect(incrementals.map(({ name }) => name)).toEqual([i1, i2]);
  });

  it('leaves what can be restored, less the more is kept, and the same for the same', () => {
    fc.assert(
      fc.property(histories, fc.nat(25), fc.integer({ min: 1, max: 6 }), (sets, age, count) => {
        const collection = collectionOf(whole(...sets));
        const older = planOlderThan(collection, day(age));
        const fulls = planAllButFulls(collection, count);
        const gone = (removed: typeof older.removed): Set<string> => new Set(keys(removed.flat()));
        for (const plan of [older, fulls, planIncrementals(collection, count)]) {
          const removed = gone(plan.removed);
          for (const { sets: chain } of collection.chains) {
            const left = chain.map(({ key }) => !removed.has(key));
            // whatever stays of a chain is its beginning
            expect(left.lastIndexOf(true) + 1).toBe(left.filter(Boolean).length);
          }
          const newest = collection.sets.at(-1)?.key ?? '';
          expect(removed.has(newest)).toBe(false);
        }
        const fewer = gone(planOlderThan(collection, day(age - 1)).removed);
        for (const key of fewer) expect(gone(older.removed)).toContain(key);
        const keepsMore = gone(planAllButFulls(collection, count + 1).removed);
        for (const key of keepsMore) expect(gone(fulls.removed)).toContain(key);
        expect(planOlderThan(collection, day(age))).toEqual(older);
      }),
    );
  });
});
