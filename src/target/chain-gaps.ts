/**
 * What a chain lacks on the storage. An incremental on a chain that is not whole could never be restored, and nobody
 * would notice before it is needed: so a backup looks first. The listing that it has anyway is enough, and the
 * manifests, which the archive dir keeps. Sigtars do not count: no restore needs them, and whether an incremental has
 * those that it needs is found out when its chain is chosen (archive/sets/primary.ts).
 */
import type { BackupSet, Manifest, StoredFile } from '../archive/index.js';
import { eventLoopTurns } from '../base/index.js';
import type { ChainBase } from './chain-base.js';
import type { TargetListing } from './listing.js';
import { fetchLocalCopy } from './local-copies.js';
import {
  localManifestName,
  manifestFileOf,
  readLocalManifest,
  readStoredManifest,
} from './manifests.js';
import type { Target } from './target.js';
import { missingFilesOf } from './whole-sets.js';

/** A file of a set that the storage does not have, or has with nothing in it. */
export type ChainGap =
  | { readonly kind: 'volume'; readonly setKey: string; readonly volume: number }
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
  const { sets, base, listing, signal } = chain;
  const gaps: ChainGap[] = [];
  const turn = eventLoopTurns();
  for (const set of sets) {
    await turn();
    signal?.throwIfAborted();
    const { key: setKey } = set;
    const present = withoutEmptyFiles(set, listing);
    if (!present.complete) {
      gaps.push({ kind: 'manifest', setKey });
      continue;
    }
    const isBase = base?.base.key === setKey;
    const manifest = isBase ? base.manifest : await manifestFor(target, set, chain);
    for (const volume of missingFilesOf(present, manifest).volumes) {
      gaps.push({ kind: 'volume', setKey, volume });
    }
  }
  return gaps;
}

/** The set without the files that hold nothing: an upload that was cut off leaves such. */
function withoutEmptyFiles(
  { manifests, signatures, volumes }: BackupSet,
  listing: TargetListing,
): Pick<BackupSet, 'complete' | 'signatures' | 'volumes'> {
  const hasBytes = ({ name }: StoredFile): boolean => listing.sizeOf(name) !== 0;
  return {
    complete: manifests.some((file) => !file.partial && hasBytes(file)),
    signatures,
    volumes: new Map([...volumes].map(([number, files]) => [number, files.filter(hasBytes)])),
  };
}

async function manifestFor(
  target: Target,
  set: BackupSet,
  { listing, fetches, signal }: ChainToCheck,
): Promise<Manifest> {
  const stored = manifestFileOf(set);
  const local = localManifestName(stored);
  if (!listing.localNames.has(local)) {
    if (!fetches) return readStoredManifest(target, stored, { set, signal });
    await fetchLocalCopy(target, stored, { name: local, signal });
  }
  return readLocalManifest(target, local, { set, signal });
}
