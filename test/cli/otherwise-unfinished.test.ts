/**
 * Where writing does otherwise than duplicity, on purpose, after a backup that did not end or whose sigtar is
 * gone. The other rows of the format's table are in otherwise-writing.test.ts.
 */
import { lstat, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countNames, start, stopWhen } from '../support/interrupt.js';
import { noise } from '../support/noise.js';
import { built } from '../support/run.js';
import { withPlace } from './writing-place.js';
import type { Place } from './writing-place.js';

describe('a backup does otherwise than duplicity:', () => {
  it('an incremental that was killed goes on against the set before it, and loses nothing', async () => {
    await withPlace(async (place) => {
      const big = noise(9_000_000);
      await place.write('a/big', big);
      await place.write('z/late', 'first');
      await place.backupOk('full', '--volsize', '1');
      const shuffled = Buffer.concat([noise(3_000_000, 2), big, noise(4_000_000, 3)]);
      await place.write('a/big', shuffled, 1_600_000_001);
      await place.write('z/late', 'second', 1_600_000_001);
      await rm(join(place.source, 'a'), { recursive: true });
      await place.write('a/big', shuffled, 1_600_000_001);
      await killAfterVolume(
        place,
        place.next('incremental', '--volsize', '1'),
        /duplicity-inc.*vol2/,
      );
      const { stderr } = await place.backup('incremental', '--volsize', '1');
      expect(stderr).toContain('Going on with the set');
      expect(await place.restored('z/late')).toBe('second');
      expect(await place.restored('a/big')).toBe(shuffled.toString());
    });
  });

  it('what was left of a manifest beside its whole set is recognised and removed', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      await place.backupOk('full');
      const [manifest = ''] = (await readdir(place.archive)).filter((name) =>
        name.endsWith('.manifest'),
      );
      const part = join(place.archive, `${manifest}.part`);
      await writeFile(part, await readFile(join(place.archive, manifest)));
      await place.write('a', 'second', 1_600_000_001);
      await place.backupOk('incremental');
      expect(await lstat(part).catch(() => undefined)).toBeUndefined();
      expect(await place.restored('a')).toBe('second');
    });
  });

  it('a full after a killed incremental is a full', async () => {
    await withPlace(async (place) => {
      await place.write('a', noise(1000));
      await place.backupOk('full');
      await place.write('b', noise(9_000_000));
      await killAfterVolume(
        place,
        place.next('incremental', '--volsize', '1'),
        /duplicity-inc.*vol2/,
      );
      await place.backupOk('full');
      const stored = await readdir(place.target);
      expect(stored.filter((name) => /^duplicity-(inc|new)/.test(name))).toEqual([]);
      expect(stored.filter((name) => /^duplicity-full\..*manifest$/.test(name))).toHaveLength(2);
      expect(await place.restored('b')).toBe(noise(9_000_000).toString());
    });
  });

  it('a newest set without its sigtar is told of, and the backup begins a new chain', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      await place.backupOk('full');
      await rm(place.archive, { recursive: true });
      for (const name of await readdir(place.target)) {
        if (name.includes('signatures')) await rm(join(place.target, name));
      }
      expect(await place.backup('incremental')).toMatchObject({ status: 17 });
      const { status, stderr } = await place.backup('backup');
      expect([status, stderr]).toEqual([0, stderr]);
      expect(stderr).toContain('switching to full backup');
      expect(await place.restored('a')).toBe('first');
    });
  });
});

/** Kills a backup once a volume of that name is stored; fails when the run was quicker. */
async function killAfterVolume(
  { target }: Place,
  args: readonly string[],
  name: RegExp,
): Promise<void> {
  await built();
  const isStored = async (): Promise<boolean> => (await countNames(target, name)) > 0;
  expect(await stopWhen(start(args), 'SIGKILL', isStored)).toBe(true);
}
