import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignedEntry } from '../../src/signatures/sigtar-entries.js';
import { mergeSets } from '../../src/signatures/merge-sets.js';
import type { SetEntries } from '../../src/signatures/merge-sets.js';
import { comparePaths } from '../../src/base/index.js';

/** Paths whose order as text is not that of their components. */
const path = fc
  .array(fc.constantFrom('a', 'a!', 'a-b', 'a0', 'b', 'é', '\udcff', 'z'), { maxLength: 3 })
  .map((parts) => parts.join('/'));

/** Which paths a set tells of, and whether they are gone there; and how its batches are cut. */
const oneSet = fc.record({
  paths: fc.uniqueArray(fc.record({ path, isGone: fc.boolean() }), {
    selector: (one) => one.path,
    maxLength: 30,
  }),
  batchLengths: fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
});

function entryOf(set: number, where: string, isGone: boolean): SignedEntry {
  if (isGone) return { kind: 'deleted', path: where };
  return {
    kind: 'snapshot',
    path: where,
    type: 'reg',
    mode: 0o644,
    uid: set,
    gid: 0,
    userName: '',
    groupName: '',
    mtimeSeconds: set,
    signatureLength: 0,
    signature: Buffer.from([set]),
    setSeconds: set,
  };
}

describe('the merge of the sets of a chain', () => {
  it('has the newest entry of each path, in order, without those that are gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(oneSet, { maxLength: 6 }), async (sets) => {
        const newest = new Map<string, SignedEntry>();
        let open = 0;
        const sources = sets.map(({ paths, batchLengths }, set): SetEntries => {
          const sorted = [...paths].sort((a, b) => comparePaths(a.path, b.path));
          const entries = sorted.map((one) => entryOf(set, one.path, one.isGone));
          for (const entry of entries) newest.set(entry.path, entry);
          return cut(entries, batchLengths);
        });
        async function* cut(entries: SignedEntry[], lengths: number[]) {
          open += 1;
          try {
            let at = 0;
            for (let turn = 0; at < entries.length; turn += 1) {
              // empty batches now and then, but not for ever
              const length = turn % 2 === 0 ? (lengths[turn % lengths.length] ?? 0) : 3;
              await Promise.resolve();
              yield entries.slice(at, at + length);
              at += length;
            }
          } finally {
            open -= 1;
          }
        }
        const merged: unknown[] = [];
        for await (const batch of mergeSets(sources)) merged.push(...batch);
        const expected = [...newest.values()]
          .filter(({ kind }) => kind !== 'deleted')
          .sort((a, b) => comparePaths(a.path, b.path));
        expect(merged).toEqual(expected);
        expect(open).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('closes what it reads from when nobody wants more', async () => {
    let closed = 0;
    async function* endless(set: number) {
      try {
        for (let i = 0; ; i += 1) {
          await Promise.resolve();
          yield [entryOf(set, String(1e9 + i), false)];
        }
      } finally {
        closed += 1;
      }
    }
    const sources = [1, 2, 3].map(endless);
    for await (const batch of mergeSets(sources)) {
      expect(batch[0]).toMatchObject({ path: '1000000000', setSeconds: 3 });
      break;
    }
    expect(closed).toBe(3);
  });
});
