/** Entries that are packed until somebody looks: whatever is asked, and when, the answers are those of rows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distrustIndex } from '../../src/catalog/distrust-index.js';
import { openKnownPaths } from '../../src/catalog/known-paths.js';
import { fullIdOf, rootId } from '../../src/catalog/schema.js';
import { Filled } from './filled-catalog.js';
import type { Change, MadeSet } from './filled-catalog.js';

/** Few names, so that paths meet: a folder here, a file there, and what nobody has named between. */
const path = fc
  .array(fc.constantFrom('a', 'b', 'c', 'ü'), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const change = fc.record({
  path,
  what: fc.constantFrom<Change['what']>(
    'reg',
    'reg',
    'reg',
    'dir',
    'dir',
    'sym',
    'diff',
    'cut',
    'deleted',
  ),
});
const changes = fc.uniqueArray(change, { selector: ({ path: of }) => of, maxLength: 14 });
const history = fc
  .array(fc.record({ starts: fc.boolean(), changes }), { minLength: 1, maxLength: 5 })
  .map((sets) => {
    let chain = -1;
    return sets.map(({ starts, changes: of }): MadeSet => {
      if (starts || chain === -1) chain += 1;
      return { chain, changes: of };
    });
  });
/** What is asked between two listings: of which folder, by whom. */
const asking = fc.array(
  fc.record({
    folder: fc.constantFrom('', 'a', 'b', 'a/b', 'c/a'),
    how: fc.constantFrom('children', 'child', 'names', 'pairs', 'turns'),
  }),
  { maxLength: 4 },
);

describe('entries that are packed', () => {
  it('are told as if they had rows, whatever is asked between, and by ids that are known', async () => {
    let packed = 0;
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.array(asking, { maxLength: 5 }),
        fc.option(fc.nat(2)),
        async (sets, asked, removed) => {
          const [one, other] = [new Filled(true), new Filled(false)];
          const known = new Map<string, number>();
          for (const [at, set] of sets.entries()) {
            await one.list(set, at);
            await other.list(set, at);
            packed += one.expectApart();
            // whoever has an id asks for it under every set, and for nothing else
            for (const [of, id] of known) expect(one.byId(id)).toEqual(other.byId(other.find(of)));
            for (const { folder, how } of asked[at] ?? []) {
              await one.ask(folder, how);
              for (const [of, id] of one.below(folder)) known.set(of, id);
            }
          }
          if (removed !== null && sets.some(({ chain }) => chain === removed)) {
            await one.remove(removed);
            await other.remove(removed);
          }
          expect(one.told()).toEqual(other.told());
          one.catalog.close();
          other.catalog.close();
        },
      ),
      { numRuns: 120 },
    );
    expect(packed).toBeGreaterThan(60);
  }, 300_000);

  it('are hints, all of them, once their index is not believed any more', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (sets) => {
        const [one, other] = [new Filled(true), new Filled(false)];
        for (const [at, set] of sets.entries())
          for (const each of [one, other]) await each.list(set, at);
        const [id = 0] = one.ids.values();
        expect(distrustIndex(one.catalog, id)).toBe(distrustIndex(other.catalog, id));
        expect(one.told()).toEqual(other.told());
        for (const { catalog } of [one, other]) catalog.close();
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('are not kept for a set that has vanished meanwhile', async () => {
    const one = new Filled(true);
    await one.list({ chain: 0, changes: [{ path: 'a', what: 'reg' }] }, 0);
    const before = one.expectApart();
    one.catalog.packed.put(rootId, 4711, Buffer.from('nobody asks'));
    expect(one.expectApart()).toBe(before);
    one.catalog.close();
  });

  it('complete the word that is typed, and nothing is written for it', async () => {
    const reg = (of: string): Change => ({ path: of, what: 'reg' });
    const one = new Filled(true);
    const first = [
      { path: 'a', what: 'dir' } as const,
      ...['a/new', 'a/next', 'a/old', 'b'].map(reg),
    ];
    await one.list({ chain: 0, changes: first }, 0);
    await one.list(
      { chain: 0, changes: [{ path: 'a/next', what: 'deleted' }, reg('a/nearer')] },
      1,
    );
    one.catalog.connection.exec('UPDATE sets SET listed = 1');
    const known = await openKnownPaths(one.path);
    const [newest, full] = known?.sets() ?? [];
    const beginning = (typed: string, set: number | undefined): unknown =>
      known?.beginning(typed, set).map(({ path: of }) => of);
    expect(beginning('a/ne', newest?.id)).toEqual(['a/nearer', 'a/new']);
    expect(beginning('a/ne', full?.id)).toEqual(['a/new', 'a/next']);
    expect(beginning('a/', undefined)).toEqual(['a/nearer', 'a/new', 'a/next', 'a/old']);
    expect(beginning('', newest?.id)).toEqual(['a', 'b']);
    known?.close();
    expect(one.catalog.packed.unpacking(rootId)).toBeUndefined();
    expect(fullIdOf(newest?.id ?? 0)).toBe(full?.id);
    one.catalog.close();
  });
});
