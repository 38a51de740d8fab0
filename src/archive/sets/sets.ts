import { DuplifsError } from '../../base/index.js';
import { setKey } from '../names/format-name.js';
import { isIndexKind } from '../names/names.js';
import type { SetTimes, StoredFile } from '../names/names.js';

/** One full or incremental run, as the names of its files show it (docs/format/1-bytes.md 1.3). */
export interface BackupSet {
  readonly times: SetTimes;
  /** setKey(times). */
  readonly key: string;
  /**
   * The stored volumes by number. Where several names stand for one number (duplicity crashes there), the
   * one whose SHA-1 the manifest names is the volume; nothing is chosen here.
   */
  readonly volumes: ReadonlyMap<number, readonly StoredFile[]>;
  /** Stored manifests; the whole ones before any that is partial. */
  readonly manifests: readonly StoredFile[];
  /** That which was written with the set before one that was added later. */
  readonly index: readonly StoredFile[];
  readonly signatures: readonly StoredFile[];
  readonly statistics: readonly StoredFile[];
  /** What the archive dir holds of this set. */
  readonly local: readonly StoredFile[];
  /** Whether its whole manifest is stored: the last file of a set to be written. */
  readonly complete: boolean;
  /**
   * Whether all that there is of a manifest is a `.part`, in the archive dir or stored: an interrupted
   * run, which duplicity lists and restores like a whole set. It is never complete.
   */
  readonly partial: boolean;
}

/** More sets than this at one target are refused: an hourly backup makes them in eleven years. */
export const maxSets = 100_000;

export interface Grouping {
  /** By end time; a full before an incremental that ends at the same second. */
  readonly sets: readonly BackupSet[];
  /** Stored index and statistics files of sets that are not there. */
  readonly strays: readonly StoredFile[];
}

/**
 * Groups files to sets by kind and times. There is a set where there is a stored volume or manifest, or a
 * partial manifest in the archive dir.
 *
 * @throws DuplifsError DAMAGED when there are more than maxSets.
 */
export function groupSets(stored: readonly StoredFile[], local: readonly StoredFile[]): Grouping {
  const groups: Groups = new Map();
  for (const file of stored) groupOf(groups, file).stored.push(file);
  for (const file of local) groupOf(groups, file).local.push(file);

  const sets: BackupSet[] = [];
  const strays: StoredFile[] = [];
  for (const group of groups.values()) {
    if (isSet(group)) {
      sets.push(makeSet(group));
      continue;
    }
    for (const file of group.stored) {
      if (isIndexKind(file.kind) || file.kind === 'statistics') strays.push(file);
    }
  }
  if (sets.length > maxSets) {
    throw new DuplifsError(
      'DAMAGED',
      `There are ${sets.length} backup sets, more than ${maxSets}`,
      {
        hint: 'Check that the URL names the folder of one backup',
      },
    );
  }
  sets.sort(
    (a, b) =>
      a.times.endSeconds - b.times.endSeconds ||
      startOf(a.times) - startOf(b.times) ||
      (a.times.kind === 'full' ? -1 : 1),
  );
  return { sets, strays };
}

interface Group {
  readonly times: SetTimes;
  readonly stored: StoredFile[];
  readonly local: StoredFile[];
}

/** By end and start time. */
type Groups = Map<string, Group>;

function groupOf(groups: Groups, { times }: StoredFile): Group {
  const key = `${times.endSeconds} ${startOf(times)}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = { times, stored: [], local: [] };
    groups.set(key, group);
  }
  return group;
}

function isSet({ stored, local }: Group): boolean {
  return (
    stored.some(({ kind }) => kind === 'volume' || kind === 'manifest') ||
    local.some(({ kind, partial }) => kind === 'manifest' && partial)
  );
}

/** One for all, for there may be a hundred thousand sets. */
const noFiles: readonly StoredFile[] = [];
const noVolumes: Map<number, StoredFile[]> = new Map();

function makeSet({ times, stored, local }: Group): BackupSet {
  const ofKind = (kind: StoredFile['kind']) => {
    const found = stored.filter((file) => file.kind === kind);
    return found.length === 0 ? noFiles : found;
  };
  const inOrder = ofKind('volume').toSorted((a, b) => a.volumeNumber - b.volumeNumber);
  const volumes = inOrder.length === 0 ? noVolumes : new Map<number, StoredFile[]>();
  for (const volume of inOrder) {
    const same = volumes.get(volume.volumeNumber);
    if (same === undefined) volumes.set(volume.volumeNumber, [volume]);
    else same.push(volume);
  }
  const manifests = ofKind('manifest').toSorted((a, b) => Number(a.partial) - Number(b.partial));
  const complete = manifests.some(({ partial }) => !partial);
  return {
    times,
    key: setKey(times),
    volumes,
    manifests,
    index: indexesOf(stored),
    signatures: ofKind('signatures'),
    statistics: ofKind('statistics'),
    local: local.length === 0 ? noFiles : local,
    complete,
    partial:
      !complete &&
      (manifests.length > 0 || local.some(({ kind, partial }) => kind === 'manifest' && partial)),
  };
}

function indexesOf(stored: readonly StoredFile[]): readonly StoredFile[] {
  const found = stored.filter(({ kind }) => isIndexKind(kind));
  if (found.length === 0) return noFiles;
  return found.sort((a, b) => Number(a.kind !== 'index') - Number(b.kind !== 'index'));
}

/** The time of the set that this one builds on; a full builds on none. */
export function startOf(times: SetTimes): number {
  return times.kind === 'full' ? Number.NEGATIVE_INFINITY : times.startSeconds;
}
