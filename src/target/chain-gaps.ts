/**
 * What a chain lacks on the storage. An incremental on a chain that is not whole could never be restored, and nobody
 * would notice before it is needed: so a backup looks first. The listing that it has anyway is enough, and the
 * manifests, which the archive dir keeps. Sigtars do not count: no restore needs them, and whether an incremental has
 * those that it needs is found out when its chain is chosen (archive/sets/primary.ts).
 */
import type { BackupSet, Manifest, StoredFile } from '../archive/index.js';
import { eventLoopTurns, isDuplifsError } from '../base/index.js';
import type { ChainBase } from './chain-base.js';
import type { TargetListing } from './listing.js';
import { fetchLocalCopy } from './local-copies.js';
import { localManifestName, readLocalManifest, readStoredManifest } from './manifests.js';
import type { Target } from './target.js';
import { VolumeSizes } from './volume-sizes.js';
import { manifestFaults } from './wholeness/manifest-faults.js';

/** A file of a set that the storage does not have, has with nothing in it, or in another size than it was put with. */
export type ChainGap =
  | { readonly kind: 'volume'; readonly setKey: string; readonly volume: number }
  | {
      readonly kind: 'volume-size';
      readonly setKey: string;
      readonly volume: number;
      readonly size: number;
      readonly wantedSize: number;
    }
  | { readonly kind: 'manifest'; readonly setKey: string };

export interface ChainToCheck {
  /** Oldest first. */
  readonly sets: readonly BackupSet[];
  /** Of the newest of them the manifest was read already. */
  readonly base: ChainBase | undefined;
  readonly listing: TargetListing;
  /** Whether manifests that the archive dir lacks are fetched into it. */
  readonly fetches: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The files of the sets that are missing, in order. Reads each set's manifest once.
 * @throws the signal's reason, also between two sets
 */
export async function findChainGaps(target: Target, chain: ChainToCheck): Promise<ChainGap[]> {
  const { sets, base, listing, fetches, signal } = chain;
  const sizes = await VolumeSizes.open(target.archiveFolder);
  const gaps: ChainGap[] = [];
  const turn = eventLoopTurns();
  for (const set of sets) {
    await turn();
    signal?.throwIfAborted();
    const { key: setKey } = set;
    const isBase = base?.base.key === setKey;
    const manifest = isBase ? base.manifest : await usableManifest(target, set, chain);
    if (manifest === undefined) {
      gaps.push({ kind: 'manifest', setKey });
      continue;
    }
    const hasBytes = ({ name }: StoredFile): boolean => !listing.isEmpty(name);
    for (const fault of manifestFaults(set, manifest, hasBytes)) {
      if (fault.kind !== 'volumes-missing') gaps.push({ kind: 'manifest', setKey });
      else for (const volume of fault.volumes) gaps.push({ kind: 'volume', setKey, volume });
    }
    const { index } = set;
    const wanted = await sizes.of(target, { setKey, index, signal });
    for (const gap of wrongSizes(set, wanted, listing)) gaps.push(gap);
  }
  if (fetches) await sizes.save(listing.wholeKeys);
  return gaps;
}

/** Volumes whose size is not the one that they were put with, where that is known. */
function wrongSizes(
  { key: setKey, volumes }: BackupSet,
  wanted: ReadonlyMap<number, number>,
  listing: TargetListing,
): ChainGap[] {
  const gaps: ChainGap[] = [];
  for (const [volume, wantedSize] of wanted) {
    const sizes = (volumes.get(volume) ?? []).map(({ name }) => listing.sizeOf(name) ?? 0);
    const size = sizes.at(-1) ?? 0;
    const isUnknown = wantedSize === 0 || size === 0; // without any bytes it is missing
    if (isUnknown || sizes.includes(wantedSize)) continue;
    gaps.push({ kind: 'volume-size', setKey, volume, size, wantedSize });
  }
  return gaps;
}

/** Undefined where there is none, or none that can be used. */
async function usableManifest(
  target: Target,
  set: BackupSet,
  { listing, fetches, signal }: ChainToCheck,
): Promise<Manifest | undefined> {
  const stored = set.manifests.find(({ partial, name }) => !partial && !listing.isEmpty(name));
  if (stored === undefined) return undefined;
  try {
    const local = localManifestName(stored);
    if (!listing.localNames.has(local)) {
      if (!fetches) return await readStoredManifest(target, stored, { set, signal });
      await fetchLocalCopy(target, stored, { name: local, signal });
    }
    return await readLocalManifest(target, local, { set, signal });
  } catch (error) {
    if (isDuplifsError(error, 'DAMAGED', 'STORAGE_NOT_FOUND')) return undefined;
    throw error;
  }
}
