/**
 * Backups killed in the middle: at every call by which they change a file, storage and archive dir alike (so also
 * between an upload and its bookkeeping), and at random times. DUPLIFS_KILL_STEP leaves calls out, DUPLIFS_KILLS says how
 * many random times there are.
 */
import { randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorText } from '../../src/base/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { countNames } from '../support/interrupt.js';
import { changeSource, countKillPoints, KillPlace, makeSource } from '../support/killed-backups.js';
import { built, runOk } from '../support/run.js';

const step = Number(process.env['DUPLIFS_KILL_STEP'] ?? 1);
const kills = Number(process.env['DUPLIFS_KILLS'] ?? 60);

describe.runIf(hasDuplicity)('a backup that is killed', () => {
  beforeAll(built);

  it.each(['full', 'incremental'])(
    'before or after any change to a file is whole after the next run (%s)',
    async (verb) => {
      await withFolder(async (folder) => {
        const base = await baseOf(verb, new KillPlace(join(folder, 'base')));
        const counted = await base.copyTo(join(folder, 'counted'));
        const calls = await countKillPoints(counted, verb);
        expect(calls.length).toBeGreaterThan(40);
        console.info(`${verb}: ${calls.length} calls`);
        const failures: string[] = [];
        const sets = verb === 'full' ? 1 : 2;
        for (const [i, call] of calls.entries()) {
          if (i % step !== 0) continue;
          if (i % 20 === 0) console.info(`${verb}: call ${i}, ${failures.length} failures`);
          for (const when of ['before', 'after']) {
            const place = await base.copyTo(join(folder, 'killed'));
            const point = `${when} ${i + 1}: ${call}`;
            try {
              expect(await place.run(verb, `${when} ${i + 1}`)).toMatchObject({ status: null });
              // once the manifest is there the set is whole, and the next run makes another
              const whole = await countNames(place.at('target'), /\.manifest$/);
              const { status, stderr } = await place.run(verb);
              expect([status, stderr]).toEqual([0, stderr]);
              await place.expectTidy(whole === sets ? sets + 1 : sets);
              await place.expectRestored();
            } catch (error) {
              console.info(`killed ${point}: ${errorText(error)}`); // hours may pass until the end
              failures.push(`killed ${point}: ${errorText(error)}`);
            }
          }
        }
        expect(failures).toEqual([]);
      });
    },
  );

  it(`at ${kills} random times, by SIGKILL and SIGINT, is whole in the end, and so are all before it`, async () => {
    await withFolder(async (folder) => {
      const place = new KillPlace(join(folder, 'place'), [], { PASSPHRASE: 'a pass phrase' });
      await makeSource(place, 20);
      let stopped = 0;
      const kept: string[] = [];
      for (let seed = 1; stopped < kills; seed += 1) {
        const verb = seed % 5 === 1 ? 'full' : 'incremental';
        if (seed > 1) await changeSource(place, seed);
        for (let again = true; again;) {
          const signal = randomInt(2) === 0 ? 'SIGKILL' : 'SIGINT';
          const run = await place.runFor(verb, randomInt(150, 1800), signal);
          if (run.status !== null) expect([0, 4], run.stderr).toContain(run.status);
          if (run.wasStopped) stopped += 1;
          again = run.status !== 0;
        }
        const copy = join(folder, `source-${seed}`);
        await runOk('cp', ['-a', place.at('source'), copy]);
        // a run that is killed behind its manifest has made a set, and the next one makes another
        const sets = (await timesOf(place)).length;
        expect(sets).toBeGreaterThan(kept.length);
        while (kept.length < sets) kept.push(copy);
        await place.expectTidy(sets);
        await place.expectRestored();
      }
      for (const [i, time] of (await timesOf(place)).entries()) {
        await place.expectRestored(kept[i], time);
      }
    });
  });
});

async function baseOf(verb: string, place: KillPlace): Promise<KillPlace> {
  await makeSource(place, 3);
  if (verb === 'full') return place;
  expect(await place.run('full')).toMatchObject({ status: 0 });
  await changeSource(place, 1);
  return place;
}

/** Of all sets, in seconds since the epoch. */
async function timesOf(place: KillPlace): Promise<number[]> {
  const stamps = (await readdir(place.at('target'))).map(
    (name) => /^duplicity-(?:full|inc)\.(?:.*\.to\.)?([\dTZ]+)\.manifest/.exec(name)?.[1],
  );
  const iso = (stamp: string) =>
    stamp.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z');
  const known = stamps.filter((stamp) => stamp !== undefined).sort();
  return known.map((stamp) => Date.parse(iso(stamp)) / 1000);
}
