import { decodeBaseSignatures } from '../target/index.js';
import type { ChainBase, Target } from '../target/index.js';
import { mergeSets } from './merge-sets.js';
import { sigtarEntries } from './sigtar-entries.js';
import type { PreviousEntry } from './sigtar-entries.js';

/** The tree that the base of an incremental left, in batches in the order of paths; nothing before a full. */
export function previousTree(
  target: Target,
  base: ChainBase | undefined,
): AsyncGenerator<PreviousEntry[]> {
  if (base === undefined) return nothing();
  const { signatures } = base;
  return mergeSets(
    signatures.map((one) => {
      const plaintext = decodeBaseSignatures(target, one, signatures.length);
      return sigtarEntries(one.name, one.setSeconds, plaintext);
    }),
  );
}

async function* nothing(): AsyncGenerator<never> {
  // a full has nothing before it
}
