/** DUPLIFS_STORIES says how many, DUPLIFS_STORY_SEED which is the first. */
import { describe, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { playStories } from '../support/random-backups.js';

const stories = Number(process.env['DUPLIFS_STORIES'] ?? 60);

describe.runIf(canMakeChains)('random trees that change at random', () => {
  it(`are restored by duplicity and by duplifs as they were at each time (${stories})`, async () => {
    await playStories(stories);
  });
});
