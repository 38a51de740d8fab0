/** `consolidate` killed at the points that are the hardest to get right; others are in test/long. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { ChainPlace } from '../support/consolidated.js';
import { withFolder } from '../support/folders.js';
import { consolidationCalls, expectGoesOn, namesAfter } from '../support/killed-consolidations.js';
import { built } from '../support/run.js';

describe.runIf(canMakeChains)('a full out of a chain, when its run is killed', () => {
  beforeAll(built);

  it('goes on behind its last volume, or is complete', { timeout: 300_000 }, async () => {
    await withFolder(async (folder) => {
      const base = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      const counted = await base.copyTo(join(folder, 'counted'));
      const calls = await consolidationCalls(counted);
      const wanted = await namesAfter(counted);
      const states = calls.flatMap((call, i) =>
        /^appendFile .*\.state$/.test(call) ? [i + 1] : [],
      );
      expect(states.length).toBeGreaterThan(2);
      const renames = calls.flatMap((call, i) => (call.startsWith('rename ') ? [i + 1] : []));
      const points = [states.at(1), states.at(-1), renames.at(-1), renames.at(-3)];
      // the signatures are there and the manifest is not: as a set looks that has lost it
      const signed = calls.findIndex((call) => /duplifs-ready\..*manifest/.test(call)) + 1;
      expect(signed).toBeGreaterThan(0);
      for (const point of [...points.map((one) => `before ${one}`), `after ${signed}`]) {
        const place = await base.copyTo(join(folder, 'killed'));
        await expectGoesOn(place, point, wanted);
      }
    });
  });

  it('leaves nothing behind when a backup comes before it is run again', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      const counted = await place.copyTo(join(folder, 'counted'));
      const calls = await consolidationCalls(counted);
      const point = calls.findLastIndex((call) => /^appendFile .*\.state$/.test(call));
      const before = await place.stored();
      await place.consolidateUntil(`after ${point + 1}`, ['--volsize', '1']);
      expect((await place.stored()).length).toBeGreaterThan(before.length);
      const time = (place.chain.times.at(-1) ?? 0) + 1000;
      await place.continueBy('duplifs', time);
      const full = (await place.stored()).filter((name) => !before.includes(name));
      for (const name of full) expect(name).toMatch(/(inc|new-signatures|duplifs-index)\..*\.to\./);
      await place.expectRestored(2);
      await place.expectVerified();
    });
  });
});
