/** Commands beside duplicity's own: the status of many sets, the list of a backup, and its verification. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { contest } from '../../support/contest.js';
import { chainOfSets } from '../../support/own-chains.js';
import { runScript } from '../../support/process.js';
import { inScratch } from '../../support/scratch.js';
import { archiveOf, chainOf, duplicity, duplifs, duplifsCommand } from '../../support/tools.js';

const programs = { duplifs: duplifsCommand, duplicity: 'duplicity' };

/** @param {import('../../run.js').Context} context */
export async function status({ scale, runs }) {
  const place = await chainOfSets(scale);
  return inScratch('archive', async (scratch) => {
    const empty = async () => mkdtemp(join(scratch, 'run-'));
    const contestants = both(async (program) =>
      run(`${program} collection-status --archive-dir '${await empty()}' '${chainOf(place)}'`),
    );
    const targets = [{ metric: 'cpuSeconds', against: 'duplicity', atMost: 1 }];
    return [await contest('status of 140 sets, empty archive dir', contestants, { runs, targets })];
  });
}

/** Both know the backup. @param {import('../../run.js').Context} context */
export async function listFiles({ place, runs }) {
  const folder = await place(duplifs, 'tree');
  const contestants = both(async (program, name) =>
    run(
      `${program} list-current-files --archive-dir '${archives(folder)[name]}' '${chainOf(folder)}'`,
    ),
  );
  const targets = [{ metric: 'cpuSeconds', against: 'duplicity', atMost: 0.15 }];
  return [await contest('list-current-files, warm', contestants, { runs, targets })];
}

/** Against the signatures, as verify does by itself. @param {import('../../run.js').Context} context */
export async function verify({ place, source, runs }) {
  const folder = await place(duplifs, 'tree');
  const tree = await source('tree');
  const contestants = both(async (program, name) =>
    run(
      `${program} verify --archive-dir '${archives(folder)[name]}' '${chainOf(folder)}' '${tree}'`,
    ),
  );
  const targets = [{ metric: 'cpuSeconds', against: 'duplicity', atMost: 0.5 }];
  return [await contest('verify', contestants, { runs, targets })];
}

function both(measure) {
  return Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [name, async () => measure(program, name)]),
  );
}

const archives = (folder) => ({
  duplifs: archiveOf(folder),
  duplicity: join(folder, 'duplicity-archive'),
});

async function run(script) {
  const options = { env: duplicity.env(''), hasPeak: true };
  const { seconds, cpuSeconds, peakMegabytes } = await runScript(`${script} >/dev/null`, options);
  return { seconds, cpuSeconds, peakMegabytes };
}
