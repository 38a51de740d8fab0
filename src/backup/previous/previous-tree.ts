import { statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFile } from '../../volume/index.js';
import type { BaseSources, ChainBase } from './chain-base.js';
import { localEntries } from './local-entries.js';
import { mergeSets } from './merge-sets.js';
import { sigtarEntries, type PreviousEntry } from './sigtar-entries.js';
import { ThreadedTree } from './threaded-tree.js';

/** Packed sigtars that are shorter, as of some 5,000 files, are read before a thread has started. */
const minThreadedBytes = 1 << 20;

/** The tree before the set, in order, in batches; nothing before a full. What is returned must be ended. */
export function previousTree(
  { archiveFolder, storage, decode }: Pick<BaseSources, 'archiveFolder' | 'storage' | 'decode'>,
  base: ChainBase | undefined,
): AsyncIterableIterator<PreviousEntry[]> {
  const signatures = base?.signatures ?? [];
  if (signatures.every(({ stored }) => stored === undefined)) {
    const paths = signatures.map(({ name }) => join(archiveFolder, name));
    if (sizeOf(paths) >= minThreadedBytes) return new ThreadedTree({ archiveFolder, signatures });
  }
  return mergeSets(
    signatures.map((one) => {
      const { stored, name, setSeconds } = one;
      if (stored === undefined) return localEntries(archiveFolder, one);
      const plaintext = decodeFile(storage, stored, { ...decode, signKey: undefined });
      return sigtarEntries(name, setSeconds, plaintext);
    }),
  );
}

function sizeOf(paths: readonly string[]): number {
  return paths.reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
