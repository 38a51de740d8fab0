/** The commands that remove, held against duplicity's on 40 random histories. DUPLIFS_HISTORY_SEED begins elsewhere. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { compareRemovals } from '../support/histories.js';
import { built } from '../support/run.js';

const first = Number(process.env['DUPLIFS_HISTORY_SEED'] ?? 1);
const seeds = Array.from(
  { length: Number(process.env['DUPLIFS_HISTORIES'] ?? 40) },
  (_, at) => first + at,
);

describe.runIf(hasDuplicity)('a random history', () => {
  beforeAll(built);

  it.each(seeds)('of seed %i is treated as by duplicity', async (seed) => {
    expect.hasAssertions();
    await withFolder((folder) => compareRemovals(folder, seed));
  });
});
