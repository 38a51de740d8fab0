import { DuplifsError } from '../base/index.js';
import type { SetFault } from '../target/index.js';
import type { SetListing } from './set-listing.js';

/** A volume that a manifest names and the storage does not have, or why that cannot be told of a set. */
export type MissingVolume =
  | { readonly kind: 'missing'; readonly setKey: string; readonly volume: number }
  | { readonly kind: 'unknown'; readonly setKey: string; readonly reason: DuplifsError };

/** What the sets on the storage lack, newest set first. Reads the manifests that were not read yet. */
export async function findMissingVolumes(
  sets: SetListing,
  signal?: AbortSignal,
): Promise<MissingVolume[]> {
  const unknown: MissingVolume[] = [];
  const states = await sets.examineAll((setKey, reason) => {
    unknown.push({ kind: 'unknown', setKey, reason });
  }, signal);
  const found = states.flatMap(({ key, faults }) =>
    faults.flatMap((fault) => missingOf(key, fault)),
  );
  return [...found.reverse(), ...unknown];
}

function missingOf(setKey: string, fault: SetFault): MissingVolume[] {
  if (fault.kind === 'volumes-missing') {
    return fault.volumes.map((volume) => ({ kind: 'missing' as const, setKey, volume }));
  }
  if (fault.kind !== 'manifest-damaged') return [];
  return [{ kind: 'unknown', setKey, reason: new DuplifsError('DAMAGED', fault.reason) }];
}
