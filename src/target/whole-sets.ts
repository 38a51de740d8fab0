/**
 * Which sets of a target are whole, and what the others lack: decided here and nowhere else. A set is whole once its
 * manifest is stored, for that is put last (order.ts); whether all that the manifest names is there as well only
 * the manifest can tell.
 */
import { setKey } from '../archive/index.js';
import type { BackupSet, ManifestVolume, StoredFile } from '../archive/index.js';

/** The keys of the sets whose manifest is among the files, and not only a part of it. */
export function wholeSetKeys(files: Iterable<StoredFile>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { kind, partial, times } of files) {
    if (kind === 'manifest' && !partial) keys.add(setKey(times));
  }
  return keys;
}

/** What a set lacks. */
export interface MissingFiles {
  readonly manifest: boolean;
  readonly signatures: boolean;
  /** The numbers of the volumes that its manifest names and the storage does not have, in order. */
  readonly volumes: readonly number[];
}

/** What the storage lacks of a set; of volumes nothing can be told without the set's manifest. */
export function missingFilesOf(
  set: Pick<BackupSet, 'complete' | 'signatures' | 'volumes'>,
  manifest: { readonly volumes: readonly Pick<ManifestVolume, 'number'>[] } | undefined,
): MissingFiles {
  return {
    manifest: !set.complete,
    signatures: set.signatures.length === 0,
    volumes: (manifest?.volumes ?? [])
      .map(({ number }) => number)
      .filter((number) => (set.volumes.get(number) ?? []).length === 0),
  };
}
