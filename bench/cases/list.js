/**
 * `ls -lR` of everything: cold (a new mount, so that the kernel knows nothing; the program's own caches
 * are warm), then again in the same mount, when the kernel knows what it was allowed to keep.
 */
import { rm } from 'node:fs/promises';
import { contest } from '../support/contest.js';
import { timed } from '../support/timed.js';
import { withMount } from '../support/mount.js';
import { archiveOf, duplifs } from '../support/tools.js';

const script = (tree) => `ls -lR '${tree}' >/dev/null`;

/** @param {import('../run.js').Context} context */
export async function list({ tools, place, runs }) {
  /** @type {Map<string, import('../support/contest.js').Sample[]>} */
  const warm = new Map();
  const cold = Object.fromEntries(
    tools.map((tool) => [
      tool.name,
      async () =>
        withMount(tool, await place(tool, 'tree'), async ({ server, tree }) => {
          const first = await timed(server, script(tree));
          const again = await timed(server, script(tree));
          warm.set(tool.name, [...(warm.get(tool.name) ?? []), again]);
          return first;
        }),
    ]),
  );
  const coldResult = await contest('cold ls -lR', cold, {
    runs,
    targets: [
      { metric: 'seconds', against: 'restic', atMost: 1 / 4 },
      { metric: 'seconds', against: 'borg', atMost: 1 / 3 },
    ],
  });
  const measured = Object.fromEntries(
    tools.map(({ name }) => [name, async () => warm.get(name)?.shift() ?? {}]),
  );
  const warmResult = await contest('warm ls -lR', measured, {
    runs,
    targets: ['restic', 'borg'].map((against) => ({ metric: 'seconds', against, atMost: 1 / 20 })),
  });
  return [coldResult, warmResult];
}

/**
 * The same where no catalog is there yet: every size has to be found in the volumes, which are decoded
 * whole. Names come before that, so `find` need not wait for it.
 *
 * @param {import('../run.js').Context} context
 */
export async function coldCatalog({ place, runs }) {
  const withScript = (make) => async () => {
    const folder = await place(duplifs, 'tree');
    await rm(archiveOf(folder), { recursive: true, force: true });
    return withMount(duplifs, folder, async ({ server, tree }) => timed(server, make(tree)));
  };
  const names = await contest(
    'find, no catalog',
    { duplifs: withScript((tree) => `find '${tree}' >/dev/null`) },
    { runs, warmUp: false },
  );
  const sizes = await contest(
    'ls -lR, no catalog',
    { duplifs: withScript(script) },
    { runs, warmUp: false },
  );
  return [names, sizes];
}
