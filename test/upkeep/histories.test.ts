/** The commands that remove do what duplicity's do, whatever has happened to a target before; test/long has more. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { compareRemovals } from '../support/histories.js';
import { built } from '../support/run.js';

beforeAll(built);

describe.runIf(hasDuplicity)('a random history', () => {
  it.each([2, 3])('of seed %i is treated as by duplicity', { timeout: 180_000 }, async (seed) => {
    expect.hasAssertions();
    await withFolder((folder) => compareRemovals(folder, seed));
  });
});
