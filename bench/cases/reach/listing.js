/** The first listing by a machine whose archive dir is empty: many entries, many sets. */
import { join } from 'node:path';
import { contest } from '../../support/contest.js';
import { chainOfEntries, chainOfSets } from '../../support/own-chains.js';
import { runScript } from '../../support/process.js';
import { remoteMount } from '../../support/remote.js';
import { inScratch } from '../../support/scratch.js';

const listed = (place) => async () =>
  inScratch('archive', async (archive) =>
    remoteMount(place, archive, async ({ top }) => {
      await runScript(`ls '${join(top, 'latest')}/'`);
    }),
  );

/** @param {number} entries at scale 1 */
export function firstListing(entries) {
  /** @param {import('../../run.js').Context} context */
  return async ({ scale, runs }) => {
    const place = await chainOfEntries(Math.round(entries * scale));
    return [
      await contest(
        `first listing of ${entries} entries`,
        { duplifs: listed(place) },
        {
          runs: Math.min(runs, 3),
          warmUp: false,
          targets: [
            { metric: 'cpuSeconds', atMost: 2 },
            { metric: 'fetchedBytes', atMost: 2 * 2 ** 20 },
          ],
        },
      ),
    ];
  };
}

/** @param {import('../../run.js').Context} context */
export async function firstListingOfSets({ scale, runs }) {
  const place = await chainOfSets(scale);
  return [
    await contest(
      'first listing of 140 sets',
      { duplifs: listed(place) },
      {
        runs: Math.min(runs, 3),
        warmUp: false,
        targets: [
          { metric: 'cpuSeconds', atMost: 1.5 },
          { metric: 'requests', atMost: 20 },
        ],
      },
    ),
  ];
}
