/** From exec to the first folder listed, with all caches of the programs warm. */
import { contest } from '../support/contest.js';
import { withMount } from '../support/mount.js';
import { runScript } from '../support/process.js';

/** @param {import('../run.js').Context} context */
export async function ready({ tools, place, runs }) {
  const contestants = Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      async () => {
        const folder = await place(tool, 'tree');
        const started = process.hrtime.bigint();
        return withMount(tool, folder, async ({ server, tree }) => {
          await runScript(`ls '${tree}'`);
          const seconds = Number(process.hrtime.bigint() - started) / 1e9;
          return { seconds, peakMegabytes: server.peakMegabytes() };
        });
      },
    ]),
  );
  return [
    await contest('mount and first ls', contestants, {
      runs,
      targets: [{ metric: 'seconds', atMost: 0.5 }],
    }),
  ];
}
