/**
 * A file of 1 GiB: read from start to end, first with nothing decoded, then again from the blocks that
 * the program keeps; and 4 KiB at random places. Between readings the kernel is told to drop the file's
 * pages (posix_fadvise, by dd), so that every byte comes through the mount.
 */
import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import { contest } from '../support/contest.js';
import { withMount } from '../support/mount.js';
import { runScript } from '../support/process.js';
import { timed } from '../support/timed.js';

const dropPages = (file) => `dd if='${file}' iflag=nocache count=0 status=none`;
const readAll = (file) => `dd if='${file}' of=/dev/null bs=1M status=none`;

/** @param {import('../run.js').Context} context */
export async function sequential({ tools, place, runs }) {
  /** @type {Map<string, import('../support/contest.js').Sample[]>} */
  const cached = new Map();
  const first = Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      async () =>
        withMount(tool, await place(tool, 'large'), async ({ server, tree }) => {
          const file = join(tree, 'large.bin');
          const { size } = await stat(file);
          const rated = async () => {
            const sample = await timed(server, readAll(file));
            return { ...sample, megabytesPerSecond: size / 1e6 / sample.seconds };
          };
          const cold = await rated();
          await runScript(dropPages(file));
          const again = await rated();
          cached.set(tool.name, [...(cached.get(tool.name) ?? []), again]);
          return cold;
        }),
    ]),
  );
  const cold = await contest('large file, first read', first, { runs });
  const again = Object.fromEntries(
    tools.map(({ name }) => [name, async () => cached.get(name)?.shift() ?? {}]),
  );
  const targets = [{ metric: 'megabytesPerSecond', atLeast: 1000 }];
  return [cold, await contest('large file, cached blocks', again, { runs, targets })];
}

/** @param {import('../run.js').Context} context */
export async function random({ tools, place, runs }) {
  const contestants = Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      async () =>
        withMount(tool, await place(tool, 'large'), async ({ server, tree }) => {
          const file = join(tree, 'large.bin');
          await runScript(`${readAll(file)}; ${dropPages(file)}`);
          const before = server.cpuSeconds();
          const { stdout } = await runScript(
            `fio --name=random --filename='${file}' --readonly --rw=randread --bs=4k ` +
              '--size=100% --time_based --runtime=5 --randseed=1 --invalidate=1 --output-format=json',
          );
          const { read } = JSON.parse(stdout.slice(stdout.indexOf('{'))).jobs[0];
          return {
            readsPerSecond: read.iops,
            microsecondsAtMedian: read.clat_ns.percentile['50.000000'] / 1000,
            serverCpuSeconds: server.cpuSeconds() - before,
            peakMegabytes: server.peakMegabytes(),
          };
        }),
    ]),
  );
  return [await contest('random 4 KiB reads', contestants, { runs })];
}
