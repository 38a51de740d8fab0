/** Everything read once through a new mount, beside what each program's own restore takes. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contest } from '../support/contest.js';
import { withMount } from '../support/mount.js';
import { runScript } from '../support/process.js';
import { inScratch } from '../support/scratch.js';
import { timed } from '../support/timed.js';

/** @param {import('../run.js').Context} context */
export async function tar(context) {
  return contestOfTar(context, [
    { metric: 'seconds', against: 'restic', atMost: 1 / 2 },
    { metric: 'seconds', against: 'borg', atMost: 1 / 2 },
    { metric: 'seconds', against: 'restic restore', atMost: 1.2, isAim: true },
  ]);
}

/**
 * @param {import('../run.js').Context} context
 * @param {import('../support/contest.js').Target[]} targets
 */
export async function contestOfTar({ tools, restorers, place, runs }, targets) {
  const mounts = Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      async () =>
        withMount(tool, await place(tool, 'tree'), async ({ server, tree }) =>
          // tar reads no file when it sees that the archive is /dev/null
          timed(server, `tar cf - -C '${tree}' . | cat >/dev/null`),
        ),
    ]),
  );
  // none is removed before the end: ext4 looks twice at each inode that was freed in the last half minute
  return inScratch(
    'restore',
    async (folder) => {
      let count = 0;
      const restores = Object.fromEntries(
        restorers.map((tool) => [
          tool.name === 'duplifs' ? 'duplifs restore' : `${tool.name} restore`,
          async () => restore(tool, await place(tool, 'tree'), join(folder, String((count += 1)))),
        ]),
      );
      return [await contest('tar of everything', { ...mounts, ...restores }, { runs, targets })];
    },
    tmpdir(),
  );
}

async function restore(tool, place, folder) {
  const { seconds, cpuSeconds } = await runScript(tool.restoreScript(place, folder), {
    env: tool.env(place),
  });
  return { seconds, clientCpuSeconds: cpuSeconds };
}
