/** Not a measurement: all programs must show the same tree, and that must be the one backed up. */
import { withMount } from '../support/mount.js';
import { runScript } from '../support/process.js';

/** Types, modes, sizes, times, links, and the bytes of every file. The root's own time is left out. */
const digest = (folder) => `cd '${folder}' && {
  find . -mindepth 1 ! -type d -printf '%P %y %m %s %T@ %l\\n' | sed 's/\\.0* / /' | sort
  find . -mindepth 1 -type d -printf '%P %y %m %T@\\n' | sed 's/\\.0*$//' | sort
  find . -type f -print0 | sort -z | xargs -0 sha256sum
} | sha256sum`;

/** @param {import('../run.js').Context} context */
export async function content({ tools, place, source }) {
  const wanted = (await runScript(digest(await source('tree')))).stdout;
  for (const tool of tools) {
    const shown = await withMount(tool, await place(tool, 'tree'), async ({ tree }) => {
      return (await runScript(digest(tree))).stdout;
    });
    if (shown !== wanted) throw new Error(`${tool.name} shows another tree than was backed up`);
    console.error(`content: ${tool.name} shows what was backed up`);
  }
  return [];
}
