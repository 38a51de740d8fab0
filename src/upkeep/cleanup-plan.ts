/** What belongs to no set that can be used, and so may go (`cleanup`; docs/format/2-behaviour.md 5). */
import type { BackupSet, StoredFile } from '../archive/index.js';
import type { TargetListing } from '../target/index.js';
import { filesOf, ownFilesBySet } from './set-files.js';

export interface CleanupPlan {
  /** Names in the archive dir. */
  readonly local: readonly string[];
  /** Names on the storage, in the order in which they are to be removed. */
  readonly stored: readonly string[];
  /** Of those sets something else than the manifest may be left with which they could be read (`--use-incomplete`). */
  readonly readable: readonly BackupSet[];
}

/** All of it, by the names that the target has; what is refused for want of protection is nobody's to remove. */
export function planCleanup({ collection, localNames }: TargetListing): CleanupPlan {
  const { orphaned, incomplete, orphanedSignatures, strays } = collection;
  const partial = collection.sets.filter((set) => set.partial && !set.complete);
  const sets = [...new Set([...orphaned, ...incomplete, ...partial])];
  const stored = new Set<string>();
  // a sigtar that fits the others stays, as by duplicity
  const isExtra = ({ kind, partial: isPart }: StoredFile): boolean =>
    kind !== 'signatures' || isPart;
  for (const set of sets) {
    for (const file of filesOf(set)) if (isExtra(file)) stored.add(file.name);
  }
  for (const { name } of [...orphanedSignatures.stored, ...strays]) stored.add(name);
  const local = new Set(orphanedSignatures.local.map(({ name }) => name));
  for (const { local: files } of sets) {
    for (const file of files) if (isExtra(file)) local.add(file.name);
  }
  const own = ownFilesBySet(localNames);
  for (const { key } of sets) for (const name of own.get(key) ?? []) local.add(name);
  return {
    local: [...local],
    stored: [...stored],
    readable: sets.filter(
      ({ volumes, signatures, partial: isPartial }) =>
        !isPartial && volumes.size > 0 && signatures.length > 0,
    ),
  };
}
