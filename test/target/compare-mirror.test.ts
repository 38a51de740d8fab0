import { describe, expect, it } from 'vitest';
import { noPrefixes } from '../../src/archive/index.js';
import type { MirrorMember } from '../../src/storage/index.js';
import { compareMirror } from '../../src/target/mirror/compare-mirror.js';

const [d1, d2, d3, d4] = ['20240101', '20240102', '20240103', '20240104'].map(
  (day) => `${day}T000000Z`,
) as [string, string, string, string];

function full(day: string): string[] {
  const base = `duplicity-full.${day}`;
  const signatures = `duplicity-full-signatures.${day}.sigtar.gz`;
  return [`${base}.vol1.difftar.gz`, `duplifs-index.${day}.gz`, signatures, `${base}.manifest`];
}
function inc(from: string, to: string): string[] {
  const base = `duplicity-inc.${from}.to.${to}`;
  const signatures = `duplicity-new-signatures.${from}.to.${to}.sigtar.gz`;
  return [`${base}.vol1.difftar.gz`, signatures, `${base}.manifest`];
}

function member(url: string, names: readonly string[] | undefined, size = 10): MirrorMember {
  const files = names && new Map(names.map((name) => [name, { name, size }]));
  return { url, files, failure: new Error('down'), keeps: () => true };
}

interface Plain {
  /** What is to be copied: storage, set, number of files. */
  readonly lacking: readonly (readonly [string, string, number])[];
  readonly others: readonly string[];
}
function compared(...members: MirrorMember[]): Plain {
  const { lacking, others } = compareMirror(members, noPrefixes);
  return {
    lacking: lacking.map((set) => [set.member.url, set.setKey, set.files.length]),
    others: others.map(({ kind }) => kind),
  };
}

describe('the storages of a mirror', () => {
  const chain = [...full(d2), ...inc(d2, d3), ...inc(d3, d4)];

  it('that are the same have nothing to be copied', () => {
    expect(compared(member('a', chain), member('b', chain))).toEqual({ lacking: [], others: [] });
  });

  it('get whole sets that they missed, the oldest first, and single files', () => {
    const b = full(d2).slice(1);
    expect(compared(member('a', chain), member('b', b)).lacking).toEqual([
      ['b', d2, 1],
      ['b', `${d2}.to.${d3}`, 3],
      ['b', `${d3}.to.${d4}`, 3],
    ]);
    expect(compared(member('a', chain), member('b', [])).lacking).toHaveLength(3);
  });

  it('get what each has and the other lacks', () => {
    const [a, b] = [chain.slice(1), chain.slice(0, -1)];
    expect(compared(member('a', a), member('b', b)).lacking).toEqual([
      ['a', d2, 1],
      ['b', `${d3}.to.${d4}`, 1],
    ]);
  });

  it('do not get back what has no manifest anywhere, nor locks and files in the making', () => {
    const unfinished = inc(d3, d4).slice(0, -1);
    const part = 'duplicity-full.20240105T000000Z.manifest.part';
    const b = [...full(d2), 'duplifs-lock.0123456789abcdef', '.duplifs-tmp-x', part, ...unfinished];
    expect(compared(member('a', full(d2)), member('b', b))).toEqual({ lacking: [], others: [] });
  });

  it('do not get back a chain that is older than all that they have: it is said', () => {
    const a = [...full(d1), ...chain];
    expect(compared(member('a', a), member('b', chain))).toEqual({
      lacking: [],
      others: ['lacks-old'],
    });
    // but of a chain of which they have something they get the rest
    expect(compared(member('a', chain), member('b', inc(d3, d4))).lacking).toHaveLength(2);
  });

  it('keep both files where sizes differ: it is said', () => {
    expect(compared(member('a', full(d2)), member('b', full(d2), 11))).toEqual({
      lacking: [],
      others: ['differs', 'differs', 'differs', 'differs'],
    });
  });

  it('that cannot be listed are said, and nothing is copied to them', () => {
    expect(compared(member('a', chain), member('b', undefined))).toEqual({
      lacking: [],
      others: ['away'],
    });
  });

  it('do not get files that are not as protected as their chain', () => {
    const refused = new Set(inc(d2, d3));
    const a = [...full(d2), ...refused];
    const { lacking } = compareMirror([member('a', a), member('b', full(d2))], noPrefixes, refused);
    expect(lacking).toEqual([]);
  });

  it('get only the files that belong onto them', () => {
    const b = { ...member('b', []), keeps: (name: string) => name.endsWith('.manifest') };
    expect(compared(member('a', full(d2)), b).lacking).toEqual([['b', d2, 1]]);
  });
});
