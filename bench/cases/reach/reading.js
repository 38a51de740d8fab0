/** Everything read: by restore, beside restic's; and by tar through the mount, beside restic's restore and borg's mount. */
import { join } from 'node:path';
import { contest } from '../../support/contest.js';
import { kept, writerDigest } from '../../support/kept.js';
import { runScript } from '../../support/process.js';
import { inScratch } from '../../support/scratch.js';
import { archiveOf, chainOf, duplifs, duplifsCommand, restic } from '../../support/tools.js';
import { contestOfTar } from '../tar.js';

const foreign = "duplicity's volumes";

/** @param {import('../../run.js').Context} context */
export async function everything({ place, source, restorers, runs }) {
  const tree = await source('tree');
  const own = await kept('reach-own-tree', [tree, writerDigest()], async (folder) => {
    await runScript(
      `${duplifsCommand} full --archive-dir '${archiveOf(folder)}' '${tree}' '${chainOf(folder)}'`,
      { env: duplifs.env(folder) },
    );
  });
  return inScratch('restore', async (scratch) => {
    let count = 0;
    const by = (tool, folder) => async () => {
      const target = join(scratch, String((count += 1)));
      const script = tool.restoreScript(folder, target);
      const ran = await runScript(script, { env: tool.env(folder), hasPeak: true });
      const { seconds, cpuSeconds, peakMegabytes } = ran;
      return { seconds, cpuSeconds, peakMegabytes };
    };
    const contestants = {
      duplifs: by(duplifs, own),
      [foreign]: by(duplifs, await place(duplifs, 'tree')),
    };
    if (restorers.includes(restic)) contestants.restic = by(restic, await place(restic, 'tree'));
    const target = { metric: 'cpuSeconds', against: 'restic', atMost: 0.7 };
    return [
      await contest('restore of everything', contestants, {
        runs,
        targets: [target, { ...target, of: foreign }],
      }),
    ];
  });
}

/** @param {import('../../run.js').Context} context */
export async function throughMount(context) {
  const restorers = context.restorers.filter((tool) => tool === restic);
  return contestOfTar({ ...context, restorers }, [
    { metric: 'seconds', against: 'restic restore', atMost: 1 },
    { metric: 'seconds', against: 'borg', atMost: 0.4 },
  ]);
}
