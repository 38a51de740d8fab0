import { isDuplifsError } from '../base/index.js';
import type { DuplifsError } from '../base/index.js';
import { abortable } from './abortable.js';
import type { TargetCatalog } from './target-catalog.js';

/** A volume that a manifest names and the storage does not have, or why that cannot be told of a set. */
export type MissingVolume =
  | { readonly kind: 'missing'; readonly setKey: string; readonly volume: number }
  | { readonly kind: 'unknown'; readonly setKey: string; readonly reason: DuplifsError };

/** What the sets on the storage lack, newest set first. Reads the manifests that were not read yet. */
export async function findMissingVolumes(
  { sets, directory }: TargetCatalog,
  signal?: AbortSignal,
): Promise<MissingVolume[]> {
  const found: MissingVolume[] = [];
  for (const { id, key: setKey } of sets.newestFirst()) {
    try {
      for (const volume of await abortable(directory.missingVolumes(id), signal)) {
        found.push({ kind: 'missing', setKey, volume });
      }
    } catch (error) {
      if (!isDuplifsError(error, 'DAMAGED', 'KEY', 'FILE_MISSING')) throw error;
      found.push({ kind: 'unknown', setKey, reason: error });
    }
  }
  return found;
}
