import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findChanges } from '../../../src/backup/compare/changes.js';
import type { Change } from '../../../src/backup/compare/changes.js';
import type { PreviousEntry } from '../../../src/signatures/sigtar-entries.js';
import type { WalkEntry, WalkItem } from '../../../src/source/walk/index.js';
import { comparePaths, defined } from '../../../src/base/index.js';
import { SignatureBuilder } from '../../../src/librsync/index.js';

const setSeconds = 1_700_000_000;
const oldSeconds = 1_600_000_000;

/** What is at a path: a letter for the type, and of a file its size in blocks of 512 bytes. */
interface Kind {
  readonly type: 'reg' | 'dir' | 'sym' | 'fifo' | 'chr';
  readonly blocks: number;
}

/** What happened to a path since the last set; the model knows what has to come of it. */
const happenings = [
  'nothing',
  'touched',
  'other mode',
  'other owner',
  'other type',
  'other size',
  'young before and now',
  'gone',
  'new',
  'unreadable',
] as const;
type Happening = (typeof happenings)[number];

interface Case {
  readonly path: string;
  readonly kind: Kind;
  readonly happening: Happening;
  /** Whether the signature can be used for a delta. */
  readonly isUsable: boolean;
}

const kind: fc.Arbitrary<Kind> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('reg' as const), blocks: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<Kind['type']>('sym', 'fifo', 'chr')
      .map((type) => ({ type, blocks: 0 })),
  },
);

const path = fc
  .array(fc.constantFrom('a', 'a!', 'a-b', 'a0', 'b', 'é', '\udcff'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join('/'));

/** A tree of what has happened: whatever has something below it is a folder. */
const tree: fc.Arbitrary<Case[]> = fc
  .array(
    fc.record({ path, kind, happening: fc.constantFrom(...happenings), isUsable: fc.boolean() }),
    { maxLength: 25 },
  )
  .map((drawn) => {
    const cases = new Map<string, Case>();
    for (const one of drawn) cases.set(one.path, one);
    for (const one of drawn) {
      for (let at = one.path.lastIndexOf('/'); at > 0; at = one.path.lastIndexOf('/', at - 1)) {
        const above = one.path.slice(0, at);
        const known = cases.get(above) ?? { ...one, path: above, happening: 'nothing' };
        cases.set(above, { ...known, kind: { type: 'dir', blocks: 0 } });
      }
    }
    return [...cases.values()].sort((a, b) => comparePaths(a.path, b.path));
  });

function signatureOf({ type, blocks }: Kind, isUsable: boolean): Buffer {
  if (type !== 'reg') return Buffer.alloc(0);
  const builder = new SignatureBuilder(512);
  builder.update(Buffer.alloc(blocks * 512, 1));
  const signature = builder.digest();
  if (!isUsable) signature.writeUInt32BE(0x72730137, 0); // sums by BLAKE2
  return signature;
}

function previousOf({ path: where, kind: what, happening, isUsable }: Case): PreviousEntry {
  const signature = signatureOf(what, isUsable);
  return defined({
    kind: 'signature' as const,
    path: where,
    type: what.type,
    mode: 0o644,
    uid: 1,
    gid: 1,
    userName: '',
    groupName: '',
    signature,
    signatureLength: signature.length,
    setSeconds,
    mtimeSeconds: happening === 'young before and now' ? setSeconds + 5 : oldSeconds,
    linkTarget: what.type === 'sym' ? 'x' : undefined,
    device: what.type === 'chr' ? { major: 1, minor: 3 } : undefined,
  });
}

/** The path as it is now; a folder that became a file is that. */
function sourceOf(one: Case): WalkItem {
  const { path: where, kind: what, happening } = one;
  if (happening === 'unreadable') return { kind: 'unreadable', path: where, reason: 'EACCES' };
  const { type, mode, uid, gid, mtimeSeconds, linkTarget, device } = previousOf(one);
  const size = what.blocks * 512 + (happening === 'other size' ? 512 : 0);
  const entry: WalkEntry = defined({
    kind: 'entry' as const,
    path: where,
    type,
    mode,
    uid,
    gid,
    size,
    mtimeSeconds,
    mtimeMs: mtimeSeconds * 1000,
    ctimeMs: 0,
    inode: 1,
    linkTarget,
    device,
  });
  switch (happening) {
    case 'touched':
      return { ...entry, mtimeSeconds: oldSeconds + 1 };
    case 'other mode':
      return { ...entry, mode: 0o600 };
    case 'other owner':
      return { ...entry, gid: 2 };
    case 'other type':
      return { ...entry, type: type === 'fifo' ? 'reg' : 'fifo' };
    default:
      return entry;
  }
}

/** What the model says of one path that is not below a place that cannot be read. */
function expectedOf({ kind: { type }, happening, isUsable }: Case): string {
  const withDelta = (suspected: boolean): string =>
    type !== 'reg' ? 'snapshot' : isUsable ? `diff, suspected: ${suspected}` : 'snapshot';
  switch (happening) {
    case 'nothing':
      return 'unchanged';
    case 'new':
    case 'other type':
      return 'snapshot';
    case 'gone':
      return 'deleted';
    case 'unreadable':
      return 'nothing is said';
    case 'touched':
      // links and devices have no time that counts
      return type === 'sym' || type === 'chr' ? 'unchanged' : withDelta(false);
    case 'other mode':
    case 'other owner':
      return type === 'sym' ? 'unchanged' : withDelta(false);
    case 'other size':
    case 'young before and now':
      return type === 'reg' ? withDelta(true) : 'unchanged';
  }
}

function said(change: Change): [path: string, what: string] {
  if (change.kind === 'deleted') return [change.path, 'deleted'];
  const { kind: what, source } = change;
  return [source.path, what === 'diff' ? `diff, suspected: ${change.suspected}` : what];
}

/** What is new below what is gone, and the like, cannot be: such cases are made to agree with their folder. */
function consistent(cases: readonly Case[]): Case[] {
  const made = new Map<string, Case>();
  for (const one of cases) {
    const above = made.get(one.path.slice(0, Math.max(0, one.path.lastIndexOf('/'))));
    const isFile = above?.happening === 'other type';
    const happening =
      above?.happening === 'gone' || above?.happening === 'unreadable' || isFile
        ? 'gone'
        : above?.happening === 'new'
          ? 'new'
          : one.happening;
    made.set(one.path, { ...one, happening });
  }
  return [...made.values()];
}

async function* batches<T>(items: readonly T[], length: number): AsyncGenerator<T[]> {
  yield [];
  for (let at = 0; at < items.length; at += length) {
    await Promise.resolve();
    yield items.slice(at, at + length);
  }
}

async function changesOf(
  previous: readonly PreviousEntry[],
  source: readonly WalkItem[],
  length = 3,
): Promise<{ batches: Change[][]; unreadable: string[] }> {
  const unreadable: string[] = [];
  const found: Change[][] = [];
  const changes = findChanges({
    walk: batches(source, length),
    onUnreadable: (item) => unreadable.push(item.path),
    previous: batches(previous, length + 1),
    names: { users: undefined, groups: undefined },
    seen: undefined,
  });
  for await (const batch of changes) found.push(batch);
  return { batches: found, unreadable };
}

const root: Case = {
  path: '',
  kind: { type: 'dir', blocks: 0 },
  happening: 'nothing',
  isUsable: true,
};

describe('what has changed since the last set', () => {
  it('is what happened to each path, in order; nothing is said below what cannot be read', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 9 }), async (drawn, length) => {
        const cases = [root, ...consistent(drawn)];
        const hidden = cases.filter(({ happening }) => happening === 'unreadable');
        const isHidden = (where: string) =>
          hidden.some((one) => where.startsWith(`${one.path}/`) || where === one.path);
        const previous = cases.filter(({ happening }) => happening !== 'new').map(previousOf);
        const source = cases.filter(({ happening }) => happening !== 'gone').map(sourceOf);
        const found = await changesOf(previous, source, length);
        const expected = cases
          .filter((one) => !isHidden(one.path))
          .map((one) => [one.path, expectedOf(one)]);
        expect(found.batches.flat().map(said)).toEqual(expected);
        expect(found.unreadable).toEqual(hidden.map((one) => one.path));
      }),
      { numRuns: 500 },
    );
  });

  it('comes in batches of bounded length, also where a large folder is gone', async () => {
    const one = (where: string): Case => ({ ...root, path: where });
    const gone = Array.from({ length: 20_000 }, (_, i) => previousOf(one(`m/${i + 100_000}`)));
    const previous = [previousOf(root), previousOf(one('a')), ...gone, previousOf(one('z'))];
    const { batches: found } = await changesOf(
      previous,
      [root, one('a'), one('z')].map(sourceOf),
      1000,
    );
    expect(found.flat().filter(({ kind: what }) => what === 'deleted')).toHaveLength(20_000);
    expect(Math.max(...found.map((batch) => batch.length))).toBeLessThan(1000);
  });
});
