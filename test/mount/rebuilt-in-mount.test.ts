/** A file that is rebuilt from changes is held against its signature when a mount's reader has read all of it. */
import { describe, expect, it } from 'vitest';
import { MountView } from '../../src/mount/view/mount-view.js';
import { rootNameId } from '../../src/snapshot/index.js';
import { hasRdiff } from '../librsync/rdiff.js';
import { noise } from '../support/noise.js';
import { withTest } from '../support/open.js';
import { chainOf, changed, first, second, third } from '../support/rebuilt-files.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const { signal } = new AbortController();

/** Reads parts of "f" in the newest set, in turn; what each gave. */
async function partsOf(
  target: string,
  parts: readonly (readonly [offset: number, length: number])[],
): Promise<(Buffer | string)[]> {
  const results: (Buffer | string)[] = [];
  await withTest(target, async ({ repository }) => {
    const [set] = repository.sets();
    if (set === undefined) throw new Error('no set');
    const only = { snapshot: repository.snapshot(set), folderId: rootNameId };
    const view = new MountView({ repository, override: {}, now: () => 0, only });
    const { ino = 0 } = (await view.lookup(1, 'f', signal)) ?? {};
    for (const [offset, length] of parts) {
      try {
        results.push(Buffer.from(await view.read(ino, offset, length, signal)));
      } catch (error) {
        results.push(String(error));
      }
    }
  });
  return results;
}

const forged = 'changes it is not the file that the set';

describe.runIf(hasRdiff)('a file in a mount that is rebuilt from changes', () => {
  const honest = () =>
    chainOf(newFolder(), first, [changed(first, second), changed(second, third)]);
  // the set of the first change is gone, and that of the second has its name
  const wrong = () => chainOf(newFolder(), first, [changed(second, third)]);

  it('is what its sets have signed, read at once, in parts, out of order and twice', async () => {
    expect(await partsOf(honest(), [[0, 100_000]])).toEqual([third]);
    const half = third.length / 2;
    const cut = [0, 4000, half, half + 3000, third.length] as const;
    const inOrder = cut.slice(0, -1).map((from, at) => [from, (cut[at + 1] ?? 0) - from] as const);
    const mixed = [...inOrder].reverse();
    const all = [...inOrder, ...mixed, ...inOrder];
    expect(await partsOf(honest(), all)).toEqual(
      all.map(([from, length]) => third.subarray(from, from + length)),
    );
    expect(await partsOf(honest(), mixed)).toEqual(
      mixed.map(([from, length]) => third.subarray(from, from + length)),
    );
  });

  it('is an error when a change is laid on another version, before any byte of a small file', async () => {
    const [once, again, part] = await partsOf(wrong(), [
      [0, 100_000],
      [0, 100_000],
      [100, 50],
    ]);
    expect(once).toContain(forged);
    expect(again).toContain(forged);
    expect(part).toContain(forged);
  });

  it('is an error by the read that makes it whole, in whatever order', async () => {
    const end = [15_000, 100_000] as const;
    const start = [0, 15_000] as const;
    expect((await partsOf(wrong(), [start, end]))[1]).toContain(forged);
    expect((await partsOf(wrong(), [end, start]))[1]).toContain(forged);
    expect(Buffer.isBuffer((await partsOf(wrong(), [start]))[0])).toBe(true);
  });

  it('is followed through a large file with bounded memory', async () => {
    const large = noise(12_000_000, 7);
    const after = Buffer.concat([
      large.subarray(0, 5_000_000),
      noise(1000, 8),
      large.subarray(5_000_500),
    ]);
    const other = Buffer.concat([large.subarray(500), noise(700, 9)]);
    const parts: (readonly [number, number])[] = [];
    for (let at = 0; at < after.length; at += 1_000_000) parts.push([at, 1_000_000]);
    const good = await partsOf(chainOf(newFolder(), large, [changed(large, after)]), parts);
    expect(Buffer.concat(good.map((part) => Buffer.from(part))).equals(after)).toBe(true);
    const bad = await partsOf(chainOf(newFolder(), other, [changed(large, after)]), parts);
    expect(bad.at(-1)).toContain(forged);
  });
});
