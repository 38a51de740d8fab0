/** Every encoding, written by both programs in every order that matters. */
import { describe, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { checkMixedChain, encodings } from '../support/mixed-chains.js';

/** Theirs on ours and ours on theirs, from a full of either; and ours alone. */
const orders = ['uuuu', 'udud', 'duud'];

const chains = encodings.flatMap((encoding) =>
  orders.flatMap((writers) =>
    (['same', 'fresh'] as const).map((archiveDir) => ({ encoding, writers, archiveDir })),
  ),
);

describe.runIf(canMakeChains)('chains of duplifs (u) and duplicity (d)', () => {
  it.each(chains)(
    '$encoding, by $writers, from $archiveDir archive dir: both read them without a difference',
    async (chain) => {
      await withFolder((folder) => checkMixedChain(chain, folder));
    },
  );
});
