import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, setKey, usableSets } from '../../src/archive/index.js';
import type { BackupSet, Collection, SetTimes } from '../../src/archive/index.js';
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

const keys = (sets: readonly BackupSet[] | undefined) => sets?.map(({ key }) => key);
const keysOf = (...times: readonly SetTimes[]) => times.map(setKey);
const warningsOf = ({ warnings }: Collection) => warnings.map(({ kind }) => kind);

describe('the collection', () => {
  it('of two chains has the newer one as primary', () => {
    const found = collect({ stored: [...twoChains, 'README', 'duplicity-full.junk.manifest'] });
    expect(found.chains.map(({ sets }) => keys(sets))).toEqual([
      keysOf(full1, inc1, inc2),
      keysOf(full2, inc3, inc4, inc5),
    ]);
    expect(found.primary?.chain).toBe(found.chains[1]);
    expect(found.primary?.base?.key).toBe(setKey(inc5));
    expect(found.primary?.side).toBe('stored');
    expect(found.secondary).toEqual([found.chains[0]]);
    expect(found.warnings).toEqual([]);
  });

  it('does not depend on the order of the names', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(twoChains, { minLength: twoChains.length - 3 }), (stored) => {
        const sorted = collect({ stored: stored.toSorted() });
        expect(JSON.stringify(collect({ stored }))).toBe(JSON.stringify(sorted));
      }),
    );
  });

  it('of any names holds each set once, and the times within a chain rise', () => {
    const times = fc.oneof(
      fc.nat(9).map(full),
      fc.tuple(fc.nat(9), fc.nat(9)).map(([start, end]) => inc(start, end)),
    );
    const names = fc.tuple(times, fc.nat(5)).map(([one, what]) => {
      const makers = [set.manifest, set.partManifest, set.volume, set.signatures, set.index];
      return (makers[what] ?? set.partSignatures)(one);
    });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 60 }), fc.array(names), (stored, local) => {
        const found = collect({ stored, local });
        const { chains, orphaned, incomplete, replaced } = found;
        const placed = [
          ...chains.flatMap(({ sets }) => sets),
          ...orphaned,
          ...incomplete,
          ...replaced,
        ];
        expect(keys(placed)?.toSorted()).toEqual(keys(found.sets)?.toSorted());
        for (const { sets } of chains) {
          expect(sets[0]?.times.kind).toBe('full');
          const ends = sets.map(({ times }) => times.endSeconds);
          expect(ends).toEqual([...new Set(ends)].toSorted((a, b) => a - b));
          sets.slice(1).forEach(({ times }, i) => {
            expect(times.kind === 'inc' && times.startSeconds).toBe(ends[i]);
          });
        }
      }),
    );
  });

  it('without the sigtar of the newest set keeps it in the chain, and tells what duplicity does', () => {
    const found = collect({ stored: without(twoChains, set.signatures(inc5)) });
    expect(keys(found.chains[1]?.sets)).toEqual(keysOf(full2, inc3, inc4, inc5));
    expect(found.primary?.discarded?.key).toBe(setKey(inc5));
    expect(found.primary?.base?.key).toBe(setKey(inc4));
    expect(warningsOf(found)).toEqual(['discarded-set', 'incomplete-sets']);
  });

  it('without a sigtar in the middle has no primary chain, and all sets', () => {
    const found = collect({ stored: without(twoChains, set.signatures(inc4)) });
    expect(found.primary).toBeUndefined();
    expect(keys(found.chains[1]?.sets)).toEqual(keysOf(full2, inc3, inc4, inc5));
    expect(warningsOf(found)).toEqual(['orphaned-signatures', 'unmatched-signatures']);
  });

  it('takes local signatures where the stored ones are missing', () => {
    const local = [full2, inc3, inc4, inc5].map(set.signatures);
    const found = collect({ stored: without(twoChains, set.signatures(inc4)), local });
    expect(found.primary?.side).toBe('local');
    expect(found.primary?.base?.key).toBe(setKey(inc5));
  });

  it('without a manifest in the middle has an incomplete and an orphaned set', () => {
    const found = collect({ stored: without(twoChains, set.manifest(inc4)) });
    expect(keys(found.incomplete)).toEqual(keysOf(inc4));
    expect(keys(found.orphaned)).toEqual(keysOf(inc5));
    expect(found.primary).toBeUndefined();
  });

  it('of a fork holds the later set of the two, and knows the one that it replaces', () => {
    const later = inc(5, 8);
    const found = collect({ stored: [...twoChains, ...whole(later)] });
    expect(keys(found.chains[1]?.sets)).toEqual(keysOf(full2, inc3, inc4, later));
    expect(keys(found.replaced)).toEqual(keysOf(inc5));
    // the loser's sigtar does not end the chain of signatures
    expect(found.primary?.base?.key).toBe(setKey(later));
  });

  it('of a fork from further back has an orphaned set', () => {
    expect(keys(collect({ stored: [...twoChains, ...whole(inc(4, 8))] }).orphaned)).toEqual(
      keysOf(inc(4, 8)),
    );
  });

  it('has an old chain as primary that grew after a newer full', () => {
    const found = collect({ stored: [...twoChains, ...whole(inc(2, 9))] });
    expect(found.primary?.chain.startSeconds).toBe(day(0));
  });

  it.each([
    ['in the archive dir', [] as string[], [set.partManifest(inc5)]],
    ['on the storage', [set.partManifest(inc5)], [] as string[]],
  ])('takes a set with a partial manifest %s for partial, never for complete', (_, more, local) => {
    const stored = [...without(twoChains, set.manifest(inc5)), ...more];
    const found = collect({ stored, local });
    const last = found.chains[1]?.sets.at(-1);
    expect(last).toMatchObject({ key: setKey(inc5), partial: true, complete: false });
    const chain = found.chains[1];
    expect(keys(chain && usableSets(chain))).toEqual(keysOf(full2, inc3, inc4));
    expect(found.primary?.base?.key).toBe(setKey(inc4));
    expect(warningsOf(found)).toEqual(['partial-set']);
  });

  it('takes a set for whole whose partial manifest was left beside the whole one', () => {
    const found = collect({ stored: twoChains, local: [set.partManifest(inc5)] });
    expect(found.sets.at(-1)).toMatchObject({ partial: false, complete: true });
    expect(warningsOf(found)).toEqual(['leftover-part']);
  });

  it('keeps all names that stand for one volume or manifest', () => {
    const more = [`${set.volume(inc1)}.tmp`, `${set.manifest(inc2)}.gpg`];
    const found = collect({ stored: [...twoChains, ...more] });
    expect(found.sets[1]?.volumes.get(1)).toHaveLength(2);
    expect(found.sets[2]?.manifests).toHaveLength(2);
    expect(warningsOf(found)).toEqual(['ambiguous-names', 'ambiguous-names']);
  });

  it('knows the index and the local files of a set, and index files that are of no set', () => {
    const stored = [...whole(full1), set.index(full1), set.index(inc5)];
    const found = collect({ stored, local: [set.manifest(full1)] });
    expect(found.sets[0]?.index.map(({ name }) => name)).toEqual([set.index(full1)]);
    expect(found.sets[0]?.local.map(({ name }) => name)).toEqual([set.manifest(full1)]);
    expect(found.strays.map(({ name }) => name)).toEqual([set.index(inc5)]);
  });

  it('ignores what has not the prefixes', () => {
    const prefixes = { all: 'x-', volume: '', manifest: '', signatures: '', statistics: '' };
    const stored = [...whole(full1).map((name) => `x-${name}`), ...whole(full2)];
    expect(keys(collect({ stored, prefixes }).sets)).toEqual(keysOf(full1));
  });

  it('of more sets than anyone has is refused', () => {
    const stored = Array.from({ length: 100_001 }, (_, i) => `df.${(i + 1).toString(36)}.m`);
    expect(() => collect({ stored })).toThrow(/more than 100000/);
  });
});
