/**
 * Which sets get an index: those without one, and those whose index does not say how parts of their volumes can be read,
 * for it was made again from the volumes, or by an older version.
 */
import type { BackupSet } from '../archive/index.js';
import { errorText, isDuplifsError } from '../base/index.js';
import type { SetIndexing, SetVolume } from '../catalog/index.js';
import type { CatalogSet, Repository } from '../repository/index.js';
import type { Target, TargetListing } from '../target/index.js';
import { isOfOneSet } from './failures.js';
import { readStored } from './read-stored.js';
import type { StoredTables } from './read-stored.js';

export interface PlannedIndex {
  readonly set: CatalogSet;
  readonly stored: BackupSet;
  /** What its index says so far; undefined where it has none, or none that can be used. */
  readonly tables: StoredTables | undefined;
}

export interface IndexPlan {
  /** Newest set first. */
  readonly planned: readonly PlannedIndex[];
  /** Sets of which it cannot be told, and why. */
  readonly failed: readonly { readonly setKey: string; readonly reason: string }[];
  readonly listing: TargetListing;
}

export interface PlanOptions {
  readonly repository: Repository;
  /** What the repository is opened from. */
  readonly target: Target;
  /** Only sets of this time or later, in seconds since the epoch. */
  readonly sinceSeconds: number | undefined;
  readonly signal: AbortSignal;
}

/** Reads manifests and indexes that were not read yet, and no volume. */
export async function planIndexes(options: PlanOptions): Promise<IndexPlan> {
  const { repository, target, sinceSeconds = -Infinity, signal } = options;
  const { indexing } = repository;
  const listing = await target.list({ signal });
  const byKey = new Map(listing.collection.sets.map((set) => [set.key, set]));
  const planned: PlannedIndex[] = [];
  const failed: { setKey: string; reason: string }[] = [];
  for (const set of repository.sets()) {
    signal.throwIfAborted();
    const stored = byKey.get(set.key);
    if (set.endSeconds < sinceSeconds || stored?.complete !== true) continue;
    try {
      const one = await planOne(options, { set, stored, listing, indexing });
      if (one !== undefined) planned.push(one);
    } catch (error) {
      signal.throwIfAborted();
      if (!isDuplifsError(error) || !isOfOneSet(error)) throw error;
      failed.push({ setKey: set.key, reason: errorText(error) });
    }
  }
  return { planned, failed, listing };
}

interface SetToPlan {
  readonly set: CatalogSet;
  readonly stored: BackupSet;
  readonly listing: TargetListing;
  readonly indexing: SetIndexing;
}

async function planOne(
  { target, signal }: PlanOptions,
  { set, stored, listing, indexing }: SetToPlan,
): Promise<PlannedIndex | undefined> {
  const [file] = stored.index;
  if (file === undefined) return { set, stored, tables: undefined };
  const { name } = file;
  const asStored = { name, size: listing.sizeOf(name) ?? 0 };
  if (indexing.isKnown(set, asStored)) return undefined;
  const tables = await readStored(target, file, set.key, signal);
  if (tables === undefined || !(await saysAll(tables, set, indexing))) {
    return { set, stored, tables };
  }
  indexing.note(set, asStored);
  return undefined;
}

/** Whether an index says all that could be said now of how the volumes of its set can be read. */
export async function saysAll(
  { volumes }: StoredTables,
  set: CatalogSet,
  indexing: SetIndexing,
): Promise<boolean> {
  const says = (volume: SetVolume): boolean => {
    const told = volumes.get(volume.number);
    if (told === undefined || told.sha1 !== volume.hash?.hex) return false;
    return told.hasBlocks || indexing.hasBlocks(volume) === false;
  };
  return (await indexing.volumesOf(set)).every(says);
}
