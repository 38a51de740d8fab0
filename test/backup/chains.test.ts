/** What duplifs writes, duplicity restores and continues; what duplicity writes, duplifs continues (all of it in test/long). */
import { describe, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { checkMixedChain } from '../support/mixed-chains.js';
import type { MixedChain } from '../support/mixed-chains.js';
import { first } from '../support/sampled.js';

const chains: readonly MixedChain[] = [
  { encoding: 'passphrase', writers: 'udu', archiveDir: 'fresh' },
  { encoding: 'signed', writers: 'ud', archiveDir: 'fresh' },
  { encoding: 'plain', writers: 'du', archiveDir: 'same' },
  { encoding: 'gzip', writers: 'uuu', archiveDir: 'same' },
  { encoding: 'key', writers: 'uu', archiveDir: 'same' },
  { encoding: 'hidden key', writers: 'u', archiveDir: 'same' },
];

describe.runIf(canMakeChains)('chains of duplifs (u) and duplicity (d)', () => {
  it.each(first(3, chains))(
    '$encoding, by $writers, from $archiveDir archive dir: both read them without a difference',
    { timeout: 240_000 },
    async (chain) => {
      await withFolder((folder) => checkMixedChain(chain, folder));
    },
  );
});
