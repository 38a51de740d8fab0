/** What duplifs writes, duplicity restores and continues; what duplicity writes, duplifs continues (all of it in test/long). */
import { describe, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { checkMixedChain } from '../support/mixed-chains.js';
import type { MixedChain } from '../support/mixed-chains.js';

const chains: readonly MixedChain[] = [
  { encoding: 'gzip', writers: 'uuu', archiveDir: 'same' },
  { encoding: 'plain', writers: 'du', archiveDir: 'same' },
  { encoding: 'passphrase', writers: 'udu', archiveDir: 'fresh' },
  { encoding: 'key', writers: 'uu', archiveDir: 'same' },
  { encoding: 'hidden key', writers: 'u', archiveDir: 'same' },
  { encoding: 'signed', writers: 'ud', archiveDir: 'fresh' },
];

describe.runIf(canMakeChains)('chains of duplifs (u) and duplicity (d)', () => {
  it.each(chains)(
    '$encoding, by $writers, from $archiveDir archive dir: both read them without a difference',
    { timeout: 240_000 },
    async (chain) => {
      await withFolder((folder) => checkMixedChain(chain, folder));
    },
  );
});
