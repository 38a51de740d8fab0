/** Mounts of duplifs on a chain that the counting server shows: what a whole mount takes, from its start. */
import { join } from 'node:path';
import { withCountingServer } from './counting-server.js';
import { withMount } from './mount.js';
import { cacheName } from './own-chains.js';
import { duplifs, duplifsWords } from './tools.js';

/**
 * @typedef {object} RemoteMount
 * @property {string} top the mountpoint
 * @property {() => import('./contest.js').Sample} figures so far, from the start of the process
 */

/**
 * Mounts `place/chain` over the counting server, calls `work`, and unmounts.
 *
 * @param {string} place
 * @param {string} archive the archive dir
 * @param {(mount: RemoteMount) => Promise<import('./contest.js').Sample | void>} work what it returns is the sample;
 *   otherwise that are the figures of the mount when it ends
 * @returns {Promise<import('./contest.js').Sample>}
 */
export async function remoteMount(place, archive, work) {
  const started = process.hrtime.bigint();
  return withCountingServer(join(place, 'chain'), async ({ url, counts }) => {
    const options = ['--archive-dir', archive, '--name', cacheName];
    const tool = {
      ...duplifs,
      mountCommand: (_place, mountpoint) => [...duplifsWords, 'mount', ...options, url, mountpoint],
      treePath: '.',
    };
    return withMount(tool, place, async ({ server, tree }) => {
      const figures = () => ({
        cpuSeconds: server.cpuSeconds(),
        ...counts(),
        peakMegabytes: server.peakMegabytes(),
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
      });
      return (await work({ top: tree, figures })) ?? figures();
    });
  });
}

/** What was used between two looks; a peak is that of the later one. */
export function between(before, after) {
  return Object.fromEntries(
    Object.entries(after).map(([metric, value]) => [
      metric,
      metric === 'peakMegabytes' ? value : value - before[metric],
    ]),
  );
}
