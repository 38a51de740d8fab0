/** What the names and sizes of a target's files tell of each set, before any manifest is read. */
import { setKey } from '../../archive/index.js';
import type { BackupSet, SetTimes, StoredFile } from '../../archive/index.js';
import type { TargetListing } from '../listing.js';
import type { SetFault } from './set-fault.js';

/** A set, or what is left of one, and what is wrong with it by itself, whatever it builds on. */
export interface NamedSet {
  readonly key: string;
  readonly times: SetTimes;
  readonly faults: readonly SetFault[];
}

/**
 * Every set of which anything is stored, by end time. A sigtar or index alone counts where there is an older set: what
 * old clean-ups have left before the first is not a set that anybody misses. Nor does anybody miss a set of which an
 * added index is left: duplicity, which removes such sets, does not know of it.
 */
export function namedSets(listing: TargetListing): NamedSet[] {
  const { collection } = listing;
  const replaced = new Set(collection.replaced.map(({ key }) => key));
  const sets = collection.sets.filter(({ key }) => !replaced.has(key));
  const newest = sets.at(-1);
  const isSuperseded = supersededBy(sets);
  const refused = refusedSets(listing);
  const named = sets.map((set): NamedSet => {
    const { key, times } = set;
    const isBeingWritten = listing.isLocked && set === newest && set.signatures.length === 0;
    const mayBeUnfinished = set.partial || isSuperseded(times) || isBeingWritten;
    if (!set.complete && refused.has(key)) return { key, times, faults: isRefused };
    return { key, times, faults: faultsOf(set, listing, mayBeUnfinished) };
  });
  const known = new Set(collection.sets.map(({ key }) => key));
  const alone = [...refused].flatMap(([key, times]): NamedSet[] =>
    known.has(key) ? [] : [{ key, times, faults: isRefused }],
  );
  const left = remainders(listing, isSuperseded).filter(({ key }) => !refused.has(key));
  return [...named, ...alone, ...left].sort(
    (a, b) => a.times.endSeconds - b.times.endSeconds || (a.times.kind === 'full' ? -1 : 1),
  );
}

/** The sets of which a manifest is stored that does not count. */
function refusedSets({ separated }: TargetListing): ReadonlyMap<string, SetTimes> {
  const sets = new Map<string, SetTimes>();
  for (const { file } of separated.refused) {
    if (file.kind === 'manifest' && !file.partial) sets.set(setKey(file.times), file.times);
  }
  return sets;
}

/** Whether somebody has gone on from the same base later: then the set was not complete at that time. */
function supersededBy(sets: readonly BackupSet[]): (times: SetTimes) => boolean {
  const continuedUntil = new Map<number, number>();
  for (const { complete, times } of sets) {
    if (!complete || times.kind === 'full') continue;
    const before = continuedUntil.get(times.startSeconds) ?? 0;
    continuedUntil.set(times.startSeconds, Math.max(before, times.endSeconds));
  }
  return (times) =>
    times.kind === 'inc' && (continuedUntil.get(times.startSeconds) ?? 0) > times.endSeconds;
}

// one of each for all, for there may be a hundred thousand sets
const none: readonly SetFault[] = [];
const unfinished: readonly SetFault[] = [{ kind: 'unfinished' }];
const isRefused: readonly SetFault[] = [{ kind: 'refused' }];
const manifestMissing: readonly SetFault[] = [{ kind: 'manifest-missing' }];
const allVolumesMissing: readonly SetFault[] = [{ kind: 'volumes-missing', volumes: [] }];
const allMissing: readonly SetFault[] = [...manifestMissing, ...allVolumesMissing];

function faultsOf(
  set: BackupSet,
  listing: TargetListing,
  mayBeUnfinished: boolean,
): readonly SetFault[] {
  const hasBytes = ({ name }: StoredFile): boolean => !listing.isEmpty(name);
  const hasManifest = set.manifests.some((file) => !file.partial && hasBytes(file));
  if (!hasManifest && mayBeUnfinished) return unfinished;
  // whether a plain volume is to be empty, only the manifest knows (manifest-faults.ts)
  const mayBeThere = (file: StoredFile): boolean => file.container === 'plain' || hasBytes(file);
  const present: number[] = [];
  for (const [number, files] of set.volumes) if (files.some(mayBeThere)) present.push(number);
  const missing = gapsIn(present);
  if (present.length === 0) return hasManifest ? allVolumesMissing : allMissing;
  const known = hasManifest ? none : manifestMissing;
  return missing.length === 0 ? known : [...known, { kind: 'volumes-missing', volumes: missing }];
}

/** More gaps than these tell nothing new, and a name may have any number. */
const mostGaps = 1000;

/** The numbers from 1 to the highest that are not there. */
function gapsIn(numbers: readonly number[]): number[] {
  const gaps: number[] = [];
  let expected = 1;
  for (const number of numbers.toSorted((a, b) => a - b)) {
    for (; expected < number && gaps.length < mostGaps; expected += 1) gaps.push(expected);
    expected = number + 1;
  }
  return gaps;
}

/** Sets of which only a sigtar or an index is left. */
function remainders(
  { files, collection }: TargetListing,
  isSuperseded: (times: SetTimes) => boolean,
): NamedSet[] {
  const known = new Set(collection.sets.map(({ key }) => key));
  const found = new Map<string, NamedSet>();
  const oldest = collection.sets[0]?.times.endSeconds;
  for (const { kind, times } of files) {
    if (kind !== 'signatures' && kind !== 'index') continue;
    const key = setKey(times);
    if (known.has(key) || (oldest !== undefined && times.endSeconds < oldest)) continue;
    found.set(key, { key, times, faults: isSuperseded(times) ? unfinished : allMissing });
  }
  return [...found.values()];
}
