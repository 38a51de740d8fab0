import { describe, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { playStories } from '../support/random-backups.js';

describe.runIf(canMakeChains)('random trees that change at random', () => {
  it(
    'are restored by duplicity and by duplifs as they were at each time',
    { timeout: 180_000 },
    async () => {
      await playStories(2); // many more in test/long
    },
  );
});
