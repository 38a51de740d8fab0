/** A large file behind 40 changes of one per cent each, in a chain that duplifs wrote. */
import { join } from 'node:path';
import { contest } from '../../support/contest.js';
import { chainOfChanges } from '../../support/own-chains.js';
import { runScript } from '../../support/process.js';
import { between, remoteMount } from '../../support/remote.js';
import { inScratch } from '../../support/scratch.js';

const name = 'large.bin';
const firstBytesOf = 4096;

/**
 * The first 4 KiB, in a mount by a machine that has mounted the backup and read the file before, and in its very first.
 *
 * @param {import('../../run.js').Context} context
 */
export async function firstBytes({ scale }) {
  const place = await chainOfChanges(scale);
  return inScratch('archive', async (archive) => {
    const read = async () =>
      remoteMount(place, archive, async ({ top }) => {
        const file = join(top, 'latest', name);
        await runScript(
          `cmp <(head -c ${firstBytesOf} '${file}') <(head -c ${firstBytesOf} '${join(place, 'source', name)}')`,
        );
      });
    return [
      await contest(
        'first 4 KiB behind changes',
        { 'empty archive dir': read, duplifs: read },
        {
          runs: 1,
          warmUp: false,
          targets: [
            { metric: 'fetchedBytes', atMost: 2 ** 20 },
            { metric: 'requests', atMost: 6 },
          ],
        },
      ),
    ];
  });
}

/**
 * All of it, beside all of the file as it was in the full.
 *
 * @param {import('../../run.js').Context} context
 */
export async function wholeFile({ scale, runs }) {
  const place = await chainOfChanges(scale);
  return inScratch('archive', async (archive) => {
    const read = (script) => async () =>
      remoteMount(place, archive, async ({ top, figures }) => {
        await runScript(`ls '${top}/latest' '${top}/snapshots'/*`);
        const before = figures();
        const { stdout } = await runScript(`cd '${top}' && ${script}`);
        const used = between(before, figures());
        return { ...used, fetchedShare: used.fetchedBytes / Number(stdout) };
      });
    const wanted = `'${join(place, 'source', name)}'`;
    return [
      await contest(
        'whole file behind changes',
        {
          duplifs: read(`cmp latest/${name} ${wanted} && stat -c %s latest/${name}`),
          'of the full': read(`cat "$(ls -d snapshots/* | head -n 1)/${name}" | wc -c`),
        },
        {
          runs,
          targets: [
            { metric: 'cpuSeconds', against: 'of the full', atMost: 1.3 },
            { metric: 'fetchedShare', atMost: 1.1 },
          ],
        },
      ),
    ];
  });
}
