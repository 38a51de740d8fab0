/** Fills duplifs' catalog of a backup with every size. */
import { withMount } from './mount.js';
import { runScript } from './process.js';
import { duplifs } from './tools.js';

/** @param {string} place of duplicity's backup */
export async function warmCatalog(place) {
  await withMount(duplifs, place, async ({ tree }) => {
    // a size is shown only once its volume was catalogued
    await runScript(`ls -lR '${tree}' >/dev/null`);
  });
}
