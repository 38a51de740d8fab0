/** An index is rebuilt although the archive dir's copy of the signatures is damaged. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { withOwnChain } from '../support/own-chain.js';
import { built } from '../support/run.js';

describe.runIf(hasDuplicity)('what repair has to do', () => {
  beforeAll(built);

  it.each(['full', 'incremental'])(
    'gets an index that does not vouch where the own copy of the signatures is damaged (%s)',
    async (kind) => {
      await withOwnChain({}, async ({ run: runHere, target, archive, name }) => {
        const isOfFull = kind === 'full';
        const sigtar = await name(isOfFull ? /full-signatures/ : /new-signatures\..*1115T\d+Z\.to/);
        await writeFile(join(archive, sigtar), 'garbage');
        const index = await name(isOfFull ? /index\.\d+T\d+Z\.gz/ : /index\..*1115T\d+Z\.to/);
        await rm(join(target, index));
        const done = await runHere('repair', '--force');
        expect([done.status, done.stderr]).toEqual([0, done.stderr]);
        expect(done.stderr).toContain('its new index does not vouch for that');
        expect(await readdir(target)).toContain(index);
        expect(await runHere('check', '--read-data')).toMatchObject({ status: 0 });
      });
    },
  );
});
