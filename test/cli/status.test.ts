import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, selectSets } from '../../src/archive/index.js';
import { formatNote, formatStatus, statusObject } from '../../src/cli/status/index.js';
import type { SetTimes } from '../../src/archive/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import * as set from '../archive/set-names.js';
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
} from '../archive/set-names.js';

/** A zone in whose offsets duplicity makes a mistake, which shows in old names. */
const zone = 'America/St_Johns';
process.env['TZ'] = zone;
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'duplifs-status-'));
afterAll(() => {
  fs.rmSync(home, { recursive: true, force: true });
});
const at = (name: string): string => path.join(home, name);

/** Runs duplicity on a target and archive dir below `home`; its standard output. */
function duplicity(...args: readonly string[]): string {
  const common = ['--archive-dir', at('archive'), '--name', 'test', '--no-encryption'];
  return execFileSync('duplicity', [...args, ...common], {
    encoding: 'utf8',
    env: { ...process.env, HOME: home, TMPDIR: home, TZ: zone },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function duplicityStatus(): string[] {
  return comparable(
    duplicity('collection-status', `file://${at('target')}`)
      .trimEnd()
      .split('\n'),
  );
}

/** What duplifs prints before its own notes. */
function ourStatus(stored: readonly string[], local: readonly string[]): string[] {
  const found = collect({ stored, local });
  const notes = found.warnings.flatMap(formatNote);
  const lines = formatStatus(found, { backend: '', archiveDir: '' });
  return comparable(notes.length > 0 ? lines.slice(0, -notes.length - 1) : lines);
}

/** Without the lines about the place; duplicity lists the volumes of a set in no certain order. */
function comparable(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !/^(?:Connecting with backend|Archive dir):/.test(line))
    .map((line) => (line.startsWith('[') ? line.slice(1, -1).split(', ').sort().join() : line));
}

/** Puts empty files there: no status opens any. */
function lay(stored: readonly string[], local: readonly string[]): void {
  for (const [folder, names] of [
    ['target', stored],
    ['archive/test', local],
  ] as const) {
    fs.rmSync(at(folder), { recursive: true, force: true });
    fs.mkdirSync(at(folder), { recursive: true });
    for (const name of names) fs.writeFileSync(path.join(at(folder), name), '');
  }
}

const parts = [set.partManifest(inc5), set.partSignatures(inc5)];
const cases: readonly [string, readonly string[], (readonly string[])?][] = [
  ['nothing', []],
  ['two chains', twoChains],
  ['two chains and local signatures', twoChains, twoChains.filter((name) => name.includes('sig'))],
  ['one chain', whole(full1, inc1, inc2)],
  ['three chains', [...twoChains, ...whole(full(8))]],
  ['more volumes', [...twoChains, set.volume(inc5, 2), set.volume(inc5, 3), set.volume(full1, 12)]],
  ['all of I4 gone', without(twoChains, ...whole(inc4))],
  ['the manifest of I4 gone', without(twoChains, set.manifest(inc4))],
  ['the manifest of I5 gone', without(twoChains, set.manifest(inc5))],
  ['the sigtar of I5 gone', without(twoChains, set.signatures(inc5))],
  [
    'the sigtar of I5 on the storage gone',
    without(twoChains, set.signatures(inc5)),
    whole(full2, inc3, inc4, inc5),
  ],
  ['the sigtar of I4 gone', without(twoChains, set.signatures(inc4))],
  ['the sigtar of F2 gone', without(twoChains, set.signatures(full2))],
  ['the manifest of F2 gone', without(twoChains, set.manifest(full2))],
  ['the volume of I4 gone', without(twoChains, set.volume(inc4))],
  ['all volumes gone', twoChains.filter((name) => !name.includes('.vol'))],
  ['all signatures gone', twoChains.filter((name) => !name.includes('signatures'))],
  ['only the sigtar of an incremental on the full', [...whole(full1), set.manifest(inc1)]],
  [
    'a fork from the last but one',
    without([...twoChains, ...whole(inc(5, 8))], set.signatures(inc5)),
  ],
  ['a fork from further back', without([...twoChains, ...whole(inc(4, 8))], set.signatures(inc4))],
  ['an old chain that grew', [...twoChains, ...whole(inc(2, 9))]],
  [
    'an interrupted incremental',
    without(twoChains, set.manifest(inc5), set.signatures(inc5)),
    parts,
  ],
  [
    'a partial manifest on the storage',
    [...without(twoChains, set.manifest(inc5)), set.partManifest(inc5)],
  ],
  ['an interrupted full', [...whole(full1), set.volume(full2)], [set.partManifest(full2)]],
  ['a lost archive dir', [...whole(full1, inc1), set.volume(inc2), set.volume(inc2, 2)]],
  ['index files', [...whole(full1, inc1), set.index(full1), set.index(inc5)]],
];

describe.skipIf(!hasDuplicity)('the status text', () => {
  it.each(cases)('is that of duplicity for %s', (_, stored, local = []) => {
    lay(stored, local);
    expect(ourStatus(stored, local)).toEqual(duplicityStatus());
  });

  it('is that of duplicity for sets that were damaged at random', () => {
    const shape = fc.array(
      fc.record({ isFull: fc.nat(4).map((n) => n === 0), back: fc.constantFrom(1, 1, 1, 1, 2, 3) }),
      { minLength: 2, maxLength: 6 },
    );
    const damaged = shape.chain((sets) => {
      const starts = new Set<number>();
      const times = sets.flatMap(({ isFull, back }, i): SetTimes[] => {
        if (i === 0 || isFull) return [full(i)];
        const start = Math.max(i - back, 0);
        // which sigtar of two with one start duplicity takes depends on how the folder is listed
        if (starts.has(start)) return [];
        starts.add(start);
        return [inc(start, i)];
      });
      const names = [...whole(...times), ...times.map((one) => set.volume(one, 2))];
      const locals = times.flatMap((one) => [set.signatures(one), set.manifest(one)]);
      return fc.record({
        stored: fc.subarray(names, { minLength: Math.max(names.length - 3, 0) }),
        local: fc.subarray(locals, { minLength: Math.max(locals.length - 3, 0) }),
      });
    });
    fc.assert(
      fc.property(damaged, ({ stored, local }) => {
        lay(stored, local);
        expect(ourStatus(stored, local)).toEqual(duplicityStatus());
      }),
      { numRuns: 12 },
    );
  });

  it('ends with what duplifs knows beyond: partial sets, what a missing sigtar costs, and the notes', () => {
    const stored = without(twoChains, set.manifest(inc5));
    const options = { backend: 'file:///b', archiveDir: '/a', notes: ['Volume 3 is missing.'] };
    const partial = formatStatus(collect({ stored, local: [set.partManifest(inc5)] }), options);
    expect(partial).toContain('Connecting with backend: file:///b');
    expect(partial.at(-2)).toMatch(/is \*incomplete\*.* finish it, or "duplifs cleanup --force"/);
    expect(partial.at(-1)).toBe('Volume 3 is missing.');
    const unsigned = collect({ stored: without(twoChains, set.signatures(inc5)) });
    expect(formatStatus(unsigned, options).join('\n')).toContain('can be mounted and restored');
  });

  it('has a form for programs', () => {
    const stored = [...without(twoChains, set.manifest(inc4)), set.index(inc3)];
    const status = statusObject(collect({ stored }), { notes: ['a note'] });
    expect(JSON.parse(JSON.stringify(status))).toMatchObject({
      chains: [
        { primary: false, startTime: '20231114T221320Z', sets: [{ kind: 'full' }, {}, {}] },
        { primary: false, sets: [{ volumes: 1 }, { index: true, baseTime: '20231117T221320Z' }] },
      ],
      incompleteSets: [{ time: '20231119T221320Z', complete: false }],
      orphanedSets: [{ time: '20231120T221320Z', signatures: true }],
      nextIncrementalBase: null,
      warnings: [
        { kind: 'unmatched-signatures' },
        { kind: 'incomplete-sets' },
        { kind: 'orphaned-sets' },
      ],
      notes: ['a note'],
    });
    expect(statusObject(collect({ stored: twoChains })).nextIncrementalBase).toBe(
      '20231120T221320Z',
    );
  });
});

describe.skipIf(!hasDuplicity)('beside chains that duplicity made', () => {
  // a chain for each form of names; duplicity does not continue a chain in another form
  const runs = [
    ['full', 'long'],
    ['incremental', 'long'],
    ['incremental', 'long'],
    ['full', 'short'],
    ['incremental', 'short'],
    ['full', 'old'],
  ] as const;
  let stored: string[] = [];
  let local: string[] = [];

  beforeAll(() => {
    fs.rmSync(at('target'), { recursive: true, force: true });
    fs.rmSync(at('archive'), { recursive: true, force: true });
    fs.mkdirSync(at('source'));
    runs.forEach(([verb, form], number) => {
      fs.writeFileSync(at('source/generation'), String(number));
      fs.utimesSync(at('source/generation'), day(number) - 60, day(number) - 60);
      const options = form === 'long' ? [] : [`--${form}-filenames`];
      const now = ['--current-time', String(day(number))];
      duplicity(verb, ...now, ...options, at('source'), `file://${at('target')}`);
    });
    stored = fs.readdirSync(at('target'));
    local = fs.readdirSync(at('archive/test'));
  });

  it('the status is the same, and the sets are of all three forms of names', () => {
    expect(ourStatus(stored, local)).toEqual(duplicityStatus());
    const { sets } = collect({ stored, local });
    expect(sets.map(({ manifests }) => manifests[0]?.form)).toEqual(runs.map(([, form]) => form));
    expect(sets.map(({ times }) => times.endSeconds)).toEqual(runs.map((_, number) => day(number)));
  });

  it.each([0, 0.5, 1, 2.5, 3.5, 4, 50])('day %d selects what duplicity restores', (dayNumber) => {
    const time = day(dayNumber);
    const target = at('restored');
    fs.rmSync(target, { force: true, recursive: true });
    duplicity(
      'restore',
      '--time',
      String(time),
      '--file-to-restore',
      'generation',
      `file://${at('target')}`,
      target,
    );
    const { sets } = selectSets(collect({ stored, local }), time);
    const generation = Number(fs.readFileSync(target, 'utf8'));
    expect(sets.at(-1)?.times.endSeconds).toBe(day(generation));
  });
});
