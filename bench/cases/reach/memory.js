/** Memory: of a mount of many sets, and of backups of what is large in one way or another. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contest } from '../../support/contest.js';
import { kept } from '../../support/kept.js';
import {
  changeRuns,
  changingFile,
  chainOfChanges,
  chainOfEntries,
  chainOfSets,
  writeSet,
} from '../../support/own-chains.js';
import { runScript } from '../../support/process.js';
import { remoteMount } from '../../support/remote.js';
import { inScratch } from '../../support/scratch.js';
import { duplifs, duplifsCommand } from '../../support/tools.js';
import { makeLargeFile } from '../../support/tree.js';

const largeFileBytes = 8 * 2 ** 30;
const manyEntries = 3_000_000;
const backupTarget = { metric: 'peakMegabytes', atMost: 250 };
/** The number of a set behind all that a chain has. */
const setAfterAll = 1000;
const once = { runs: 1, warmUp: false };

/**
 * Every set listed, and a file read that has changed in nearly all of them; by a machine that sees the backup for the
 * first time, and once more.
 *
 * @param {import('../../run.js').Context} context
 */
export async function mountOfSets({ scale }) {
  const place = await chainOfSets(scale);
  return inScratch('archive', async (archive) => {
    const read = async () =>
      remoteMount(place, archive, async ({ top }) => {
        const wanted = join(place, 'source', 'diary.bin');
        await runScript(
          `ls '${top}/snapshots' '${top}/snapshots'/* >/dev/null && cmp '${top}/latest/diary.bin' '${wanted}'`,
        );
      });
    const target = { metric: 'peakMegabytes', atMost: 200 };
    return [
      await contest(
        'memory of a mount of 140 sets',
        { duplifs: read, 'mounted before': read },
        { ...once, targets: [target, { ...target, of: 'mounted before' }] },
      ),
    ];
  });
}

/** @param {import('../../run.js').Context} context */
export async function backupOfLargeFile({ scale }) {
  const bytes = Math.round(largeFileBytes * scale);
  const source = await kept('reach-large-source', { bytes }, async (folder) => {
    makeLargeFile(folder, { bytes, seed: 8 });
  });
  const full = async () =>
    inScratch('write', async (scratch) =>
      sample(
        await runScript(
          `${duplifsCommand} full --archive-dir '${join(scratch, 'archive')}' '${source}' 'file://${join(scratch, 'chain')}' >/dev/null`,
          { env: duplifs.env(scratch), hasPeak: true },
        ),
      ),
    );
  return [
    await contest(
      'memory of a backup of an 8 GiB file',
      { duplifs: full },
      { ...once, targets: [backupTarget] },
    ),
  ];
}

/** One more set behind 40, and the most that any of those took. @param {import('../../run.js').Context} context */
export async function backupOfSets({ scale }) {
  const place = await chainOfChanges(scale);
  return [
    await contest(
      'memory of 40 sets of a 500 MB file',
      oneMore(place, async (copy) => {
        const source = join(copy, 'source');
        await runScript(`cp -a '${join(place, 'source')}' '${source}'`);
        changeRuns(join(source, 'large.bin'), changingFile.share, setAfterAll);
        return source;
      }),
      { ...once, targets: bothTargets },
    ),
  ];
}

/** @param {import('../../run.js').Context} context */
export async function backupOfEntries({ scale }) {
  const place = await chainOfEntries(Math.round(manyEntries * scale));
  return [
    await contest(
      'memory of a backup of 3,000,000 entries',
      oneMore(place, async () => join(place, 'source')),
      { ...once, targets: bothTargets },
    ),
  ];
}

const bothTargets = [backupTarget, { ...backupTarget, of: 'sets before' }];

/** A set on top of a copy of the chain, of the source as `change` leaves it, which gives its path. */
function oneMore(place, change) {
  return {
    duplifs: async () =>
      inScratch('write', async (copy) => {
        await runScript(`cp -a '${join(place, 'chain')}' '${join(place, 'archive')}' '${copy}'`);
        return sample(await writeSet(copy, setAfterAll, await change(copy)));
      }),
    'sets before': async () => {
      const peaks = JSON.parse(await readFile(join(place, 'peaks.json'), 'utf8'));
      return { peakMegabytes: Math.max(...peaks), peakOfFull: peaks[0] };
    },
  };
}

function sample({ seconds, cpuSeconds, peakMegabytes }) {
  return { seconds, cpuSeconds, peakMegabytes };
}
