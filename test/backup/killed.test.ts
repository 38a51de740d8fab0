/** Backups killed at the points that were the hardest to get right; all others are in test/long. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { countKillPoints, KillPlace, makeSource } from '../support/killed-backups.js';
import { built } from '../support/run.js';

describe.runIf(hasDuplicity)('a backup that is killed', () => {
  /** Then the manifest's part knew of a volume that the state did not, and the set was taken for one of duplicity's. */
  it(
    'before it notes a volume in its state is still its own, and gets its index',
    { timeout: 120_000 },
    async () => {
      await built();
      await withFolder(async (folder) => {
        const base = new KillPlace(join(folder, 'base'));
        await makeSource(base, 2.5);
        const calls = await countKillPoints(await base.copyTo(join(folder, 'counted')), 'full');
        const points = calls.flatMap((call, i) =>
          /^appendFile .*\.state$/.test(call) ? [i + 1] : [],
        );
        expect(points.length).toBeGreaterThan(3);
        for (const point of points.slice(0, 4)) {
          const place = await base.copyTo(join(folder, 'killed'));
          expect(await place.run('full', `before ${point}`)).toMatchObject({ status: null });
          expect(await place.run('full')).toMatchObject({ status: 0 });
          await place.expectTidy(1);
          await place.expectRestored();
        }
      });
    },
  );
});
