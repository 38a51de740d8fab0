import { eventLoopTurns, isDuplifsError } from '../base/index.js';
import type { DuplifsError } from '../base/index.js';
import { abortable } from './abortable.js';
import type { TargetCatalog } from './target-catalog.js';

/** A volume that a manifest names and the storage does not have, or why that cannot be told of a set. */
export type MissingVolume =
  | { readonly kind: 'missing'; readonly setKey: string; readonly volume: number }
  /** The storage has none of the set's volumes, however many there were. */
  | { readonly kind: 'all-missing'; readonly setKey: string }
  | { readonly kind: 'unknown'; readonly setKey: string; readonly reason: DuplifsError };

/** Each passphrase that does not fit costs some 0.1 s. After so many sets that cannot be opened no more are tried. */
const mostKeyFailures = 20;

/** What the sets on the storage lack, newest set first. Reads the manifests that were not read yet. */
export async function findMissingVolumes(
  { sets, directory }: TargetCatalog,
  signal?: AbortSignal,
): Promise<MissingVolume[]> {
  const found: MissingVolume[] = [];
  const turn = eventLoopTurns();
  let keyFailures = 0;
  let lastFailure: DuplifsError | undefined;
  for (const { id, key: setKey } of sets.newestFirst()) {
    await turn();
    signal?.throwIfAborted();
    if (!directory.hasVolumes(id)) {
      found.push({ kind: 'all-missing', setKey });
      continue;
    }
    if (keyFailures >= mostKeyFailures && lastFailure !== undefined) {
      found.push({ kind: 'unknown', setKey, reason: lastFailure });
      continue;
    }
    try {
      for (const volume of await abortable(directory.missingVolumes(id), signal)) {
        found.push({ kind: 'missing', setKey, volume });
      }
    } catch (error) {
      if (!isDuplifsError(error, 'DAMAGED', 'KEY', 'FILE_MISSING')) throw error;
      found.push({ kind: 'unknown', setKey, reason: error });
      if (error.code !== 'KEY') continue;
      keyFailures += 1;
      lastFailure = error;
    }
  }
  return found;
}
