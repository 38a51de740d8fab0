import { describe, expect, it } from 'vitest';
import { collectFiles, formatFileName, parseFileName } from '../../src/archive/index.js';
import type { Collection, SetTimes } from '../../src/archive/index.js';
import { planMirroredRemovals, planReplication } from '../../src/upkeep/index.js';

const full = (endSeconds: number): SetTimes => ({ kind: 'full', endSeconds });
const inc = (startSeconds: number, endSeconds: number): SetTimes => ({
  kind: 'inc',
  startSeconds,
  endSeconds,
});

function collectionOf(sets: readonly SetTimes[]): Collection {
  const files = sets.flatMap((times) => [
    formatFileName({ kind: 'volume', times, volumeNumber: 1, container: 'gz' }),
    formatFileName({ kind: 'manifest', times, container: 'plain' }),
    formatFileName({ kind: 'signatures', times, container: 'gz' }),
  ]);
  const parsed = files.map((name) => parseFileName(name)).filter((file) => file !== undefined);
  return collectFiles(parsed, []);
}

const source = collectionOf([full(100), inc(100, 200), inc(200, 300), full(400), inc(400, 500)]);
const keyAt = (collection: Collection, seconds: number): string =>
  collection.sets.find(({ times }) => times.endSeconds === seconds)?.key ?? '';

describe('the plan of a replica', () => {
  it('has each chain from its full to the last set that is whole and old enough', () => {
    const plan = planReplication(source, {
      faulty: new Set([keyAt(source, 200)]),
      timeSeconds: 400,
      isThere: ({ times }) => times.endSeconds === 100,
    });
    const ends = plan.map((chain) =>
      chain.map(({ set, isThere }) => [set.times.endSeconds, isThere]),
    );
    expect(ends).toEqual([[[100, true]], [[400, false]]]);
  });

  const replica = source;
  const all = new Set(replica.sets.map(({ key }) => key));
  const removedOf = (wanted: Parameters<typeof planMirroredRemovals>[1]) =>
    planMirroredRemovals(replica, wanted).removed.map((chain) =>
      chain.map(({ times }) => times.endSeconds),
    );

  it('loses chains and ends of chains that the source has lost', () => {
    const keys = (seconds: readonly number[]) => new Set(seconds.map((at) => keyAt(source, at)));
    const wanted = { newestSourceSeconds: 500, copied: all };
    expect(removedOf({ ...wanted, sourceKeys: keys([400, 500]) })).toEqual([[100, 200, 300]]);
    expect(removedOf({ ...wanted, sourceKeys: keys([100, 400, 500]) })).toEqual([[200, 300]]);
    // what stays needs it
    expect(removedOf({ ...wanted, sourceKeys: keys([300, 400, 500]) })).toEqual([]);
  });

  it('loses nothing where the source is empty, and nothing that is newer than all that it has', () => {
    const wanted = { sourceKeys: new Set<string>(), copied: all };
    expect(removedOf({ ...wanted, newestSourceSeconds: undefined })).toEqual([]);
    expect(removedOf({ ...wanted, newestSourceSeconds: 300 })).toEqual([]);
    const old = new Set([keyAt(source, 100)]);
    expect(removedOf({ sourceKeys: old, copied: all, newestSourceSeconds: 100 })).toEqual([]);
  });

  it('loses nothing that did not come from the source, and tells of it', () => {
    const sourceKeys = new Set([keyAt(source, 400), keyAt(source, 500)]);
    const copied = new Set([keyAt(source, 200), keyAt(source, 300)]);
    const wanted = { sourceKeys, copied, newestSourceSeconds: 500 };
    expect(removedOf(wanted)).toEqual([[200, 300]]);
    const { unknown } = planMirroredRemovals(replica, wanted);
    expect(unknown.map(({ times }) => times.endSeconds)).toEqual([100]);
  });
});
