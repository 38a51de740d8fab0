import { setEntriesOf } from './chain-base.js';
import type { BaseSources, ChainBase } from './chain-base.js';
import { mergeSets } from './merge-sets.js';
import type { PreviousEntry } from './sigtar-entries.js';

/** The tree before the set, in order; nothing before a full. */
export function previousTree(
  sources: Omit<BaseSources, 'localNames'>,
  base: ChainBase | undefined,
): AsyncGenerator<PreviousEntry[]> {
  if (base === undefined) return nothing();
  return mergeSets(setEntriesOf(base, { ...sources, localNames: [] }));
}

async function* nothing(): AsyncGenerator<never> {
  // a full has nothing before it
}
