/** What prune plans: what stays can be restored, and keeping more never removes more. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { collect, noPrefixes } from '../../src/archive/index.js';
import type { BackupSet, Collection, SetTimes } from '../../src/archive/index.js';
import { keepRules, planPrune } from '../../src/upkeep/index.js';
import type { KeepCounts, PrunePlan } from '../../src/upkeep/index.js';
import { day, full, inc, whole } from '../archive/set-names.js';

const collectionOf = (sets: readonly SetTimes[]): Collection =>
  collect({ stored: whole(...sets), local: [], prefixes: noPrefixes });

const chainOf = (start: number, length: number): SetTimes[] =>
  Array.from({ length }, (_, n) => (n === 0 ? full(start) : inc(start + n - 1, start + n)));

const daysOf = (sets: readonly BackupSet[]): number[] =>
  sets.map(({ times }) => (times.endSeconds - day(0)) / 86_400);
const gone = ({ removed }: PrunePlan): number[] => daysOf(removed.flat());
const noFaults: ReadonlySet<string> = new Set();

function plan(
  sets: readonly SetTimes[],
  policy: { counts?: KeepCounts; withinSeconds?: number },
  faulty = noFaults,
): PrunePlan {
  const { counts = {}, withinSeconds } = policy;
  return planPrune(collectionOf(sets), {
    policy: { counts, withinSeconds },
    nowSeconds: day(30),
    faulty,
  });
}

beforeAll(() => {
  vi.stubEnv('TZ', 'UTC');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('prune', () => {
  // day 0 is a Tuesday
  const month = [...chainOf(0, 10), ...chainOf(10, 10), ...chainOf(20, 10)];

  it('keeps the newest of each period, and what it builds on', () => {
    expect(gone(plan(month, { counts: { last: 1 } }))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
    expect(gone(plan(month, { counts: { daily: 15 } }))).toEqual([...Array(10).keys()]);
    // the Sundays are the days 5, 12, 19 and 26, and the week is not over
    expect(gone(plan(month, { counts: { weekly: 5 } }))).toEqual([6, 7, 8, 9]);
    expect(gone(plan(month, { counts: { weekly: 4 } }))).toEqual([...Array(10).keys()]);
    const reasons = plan(month, { counts: { weekly: 5 } }).sets.map(({ reasons: some }) => some);
    expect(reasons[5]).toEqual(['weekly']);
    expect(reasons[4]).toEqual(['needed']);
    expect(reasons[6]).toEqual([]);
    expect(reasons[29]).toEqual(['newest', 'weekly']);
  });

  it('keeps what is young enough', () => {
    expect(gone(plan(month, { withinSeconds: 12 * 86_400 }))).toEqual([...Array(10).keys()]);
  });

  it('takes no set that is not whole for the best of its day', () => {
    const hours = [full(0), ...chainOf(1, 2)];
    const collection = collectionOf(hours);
    const newest = collection.sets.at(-1)?.key ?? '';
    const faulty = new Set([newest]);
    expect(gone(plan(hours, { counts: { last: 1 } }, faulty))).toEqual([0]);
    const kept = plan(hours, { counts: { last: 2 } }, faulty);
    expect(gone(kept)).toEqual([]);
  });

  const histories = fc
    .array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 })
    .map((lengths) => {
      let at = 0;
      return lengths.flatMap((length) => {
        at += length;
        return chainOf(at - length, length);
      });
    });
  const counts = fc.record(
    Object.fromEntries(keepRules.map((rule) => [rule, fc.nat(5)])) as Record<
      (typeof keepRules)[number],
      fc.Arbitrary<number>
    >,
    { requiredKeys: [] },
  );

  it('leaves the beginning of each chain and the newest set; keeping more removes no more', () => {
    fc.assert(
      fc.property(histories, counts, fc.constantFrom(...keepRules), (sets, some, rule) => {
        const collection = collectionOf(sets);
        const found = plan(sets, { counts: some });
        const removed = new Set(gone(found));
        expect(found).toEqual(plan(sets, { counts: some }));
        for (const { sets: chain } of collection.chains) {
          const stays = daysOf(chain).map((one) => !removed.has(one));
          expect(stays.lastIndexOf(true) + 1).toBe(stays.filter(Boolean).length);
        }
        expect(removed).not.toContain(daysOf(collection.sets).at(-1));
        const more = plan(sets, { counts: { ...some, [rule]: (some[rule] ?? 0) + 1 } });
        for (const one of gone(more)) expect(removed).toContain(one);
        for (const { set, reasons } of found.sets) {
          expect(reasons.length === 0).toBe(removed.has(daysOf([set])[0] ?? -1));
        }
      }),
    );
  });
});
