/**
 * `consolidate` of chains of 30 sets, and killed in the middle. DUPLIFS_SETS says how many sets a chain has,
 * DUPLIFS_CONSOLIDATE_KILLS at how many points it is killed.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { ChainPlace } from '../support/consolidated.js';
import { withFolder } from '../support/folders.js';
import { someOf } from '../support/killed-backups.js';
import { consolidationCalls, expectGoesOn, namesAfter } from '../support/killed-consolidations.js';
import { measuredDuplifs } from '../support/peak-memory.js';
import { built } from '../support/run.js';

const sets = Number(process.env['DUPLIFS_SETS'] ?? 30);
const kills = Number(process.env['DUPLIFS_CONSOLIDATE_KILLS'] ?? 20);

/** As many letters as there are sets, over and over. */
const writers = (pattern: string): string => pattern.repeat(sets).slice(0, sets);

describe.runIf(canMakeChains)(`a full out of a chain of ${sets} sets`, () => {
  beforeAll(built);

  it.each([
    { encoding: 'gzip', pattern: 'd' },
    { encoding: 'gzip', pattern: 'u' },
    { encoding: 'passphrase', pattern: 'd' },
    { encoding: 'passphrase', pattern: 'ud' },
    { encoding: 'key', pattern: 'du' },
  ] as const)(
    'is restored and continued without a difference, within 250 MB ($encoding, $pattern)',
    { timeout: 1_800_000 },
    async ({ encoding, pattern }) => {
      await withFolder(async (folder) => {
        const place = await ChainPlace.of({ encoding, writers: writers(pattern) }, folder);
        const args = place.command(['consolidate', ...place.readOptions, place.url]);
        const { env } = place.chain.keys;
        const made = await measuredDuplifs(args, join(folder, 'peak'), { env, timeoutMs: 600_000 });
        expect([made.status, made.stderr]).toEqual([0, made.stderr]);
        expect(made.peakBytes / 2 ** 20).toBeLessThan(250);
        const newest = sets - 1;
        await place.expectRestored(newest);
        await place.duplicity(['remove-all-but-n-full', '1', '--force', place.url]);
        await place.expectRestored(newest);
        const time = place.chain.times.at(-1) ?? 0;
        await place.continueBy('duplicity', time + 1000);
        await place.continueBy('duplifs', time + 2000);
        await place.expectRestored(newest);
        await place.expectVerified();
      });
    },
  );

  it(
    `that is killed at ${kills} points is the same in the end`,
    { timeout: 3_600_000 },
    async () => {
      await withFolder(async (folder) => {
        const chain = { encoding: 'passphrase', writers: writers('ud') } as const;
        const base = await ChainPlace.of(chain, folder);
        const counted = await base.copyTo(join(folder, 'counted'));
        const calls = await consolidationCalls(counted);
        expect(calls.length).toBeGreaterThan(40);
        const wanted = await namesAfter(counted);
        for (const point of someOf(calls.length, kills)) {
          const place = await base.copyTo(join(folder, 'killed'));
          await expectGoesOn(place, `${point % 2 === 0 ? 'before' : 'after'} ${point}`, wanted);
        }
        const last = await base.copyTo(join(folder, 'killed'));
        await expectGoesOn(last, `before ${Math.floor(calls.length / 2)}`, wanted);
        await last.expectRestored(sets - 1);
        await last.expectVerified();
      });
    },
  );
});
