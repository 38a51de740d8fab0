/** What a replica of a target is to get, and what it may lose: pure plans over sets (`replicate`). */
import type { BackupSet, Collection } from '../archive/index.js';

export interface PlannedCopy {
  readonly set: BackupSet;
  /** Whether the replica has all of it. */
  readonly isThere: boolean;
}

export interface ReplicationWanted {
  /** Keys of sets that are not whole: neither they nor what builds on them is copied. */
  readonly faulty: ReadonlySet<string>;
  /** Sets that end later stay behind, in seconds since the epoch. */
  readonly timeSeconds: number | undefined;
  readonly isThere: (set: BackupSet) => boolean;
}

/** Of each chain the beginning that can be copied, the full first. */
export function planReplication(
  { chains }: Collection,
  { faulty, timeSeconds = Infinity, isThere }: ReplicationWanted,
): readonly (readonly PlannedCopy[])[] {
  const isUsable = ({ key, times }: BackupSet): boolean =>
    !faulty.has(key) && times.endSeconds <= timeSeconds;
  return chains
    .map(({ sets }) => {
      const end = sets.findIndex((set) => !isUsable(set));
      return sets.slice(0, end < 0 ? sets.length : end);
    })
    .filter((sets) => sets.length > 0)
    .map((sets) => sets.map((set) => ({ set, isThere: isThere(set) })));
}

export interface RemovalsWanted {
  /** Keys of all sets of which the source has any file, whole or not. */
  readonly sourceKeys: ReadonlySet<string>;
  /** The end of the source's newest whole set; undefined where it has none. */
  readonly newestSourceSeconds: number | undefined;
  /** Keys of the sets that were copied from the source. */
  readonly copied: ReadonlySet<string>;
}

export interface MirroredRemovals {
  /** What goes of each chain of the replica, oldest chain and oldest set first. */
  readonly removed: readonly (readonly BackupSet[])[];
  /** Sets that the source does not have and that are not known to come from it: they stay. */
  readonly unknown: readonly BackupSet[];
}

/**
 * What the source's retention has removed: sets of which the source has nothing left, that were copied from it, that are
 * older than its newest one, and that nothing which stays builds on. Nothing where the source has no whole set.
 */
export function planMirroredRemovals(
  { chains }: Collection,
  { sourceKeys, newestSourceSeconds, copied }: RemovalsWanted,
): MirroredRemovals {
  if (newestSourceSeconds === undefined) return { removed: [], unknown: [] };
  const isGone = ({ key, times }: BackupSet): boolean =>
    !sourceKeys.has(key) && times.endSeconds < newestSourceSeconds;
  const removed = chains
    .map(({ sets }) => {
      const last = sets.findLastIndex((set) => !isGone(set) || !copied.has(set.key));
      return sets.slice(last + 1);
    })
    .filter((sets) => sets.length > 0);
  const unknown = chains
    .flatMap(({ sets }) => sets)
    .filter((set) => isGone(set) && !copied.has(set.key));
  return { removed, unknown };
}
