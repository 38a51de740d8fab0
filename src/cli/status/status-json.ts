import { formatStamp } from '../../time/index.js';
import type { BackupSet, Collection, CollectionWarning, StoredFile } from '../../archive/index.js';
import { describeFaults } from '../../target/index.js';
import type { MirrorGap, SetFault, SetState } from '../../target/index.js';
import { formatNote, formatWarning } from './warning-text.js';

export interface SetStatus {
  readonly kind: 'full' | 'inc';
  /** "20231114T221320Z". */
  readonly time: string;
  readonly timeSeconds: number;
  /** The time of the set that an incremental builds on. */
  readonly baseTime?: string | undefined;
  readonly volumes: number;
  readonly encrypted: boolean;
  readonly complete: boolean;
  readonly partial: boolean;
  readonly signatures: boolean;
  readonly index: boolean;
  /** Why it is not whole; none where it is. */
  readonly faults: readonly SetFault[];
}

/** A set, or what is left of one, that is not whole. */
export interface FaultySet {
  readonly set: string;
  readonly time: string;
  readonly message: string;
  readonly faults: readonly SetFault[];
}

export interface ChainStatus {
  readonly primary: boolean;
  readonly startTime: string;
  readonly endTime: string;
  readonly sets: readonly SetStatus[];
}

export interface WarningStatus {
  readonly kind: CollectionWarning['kind'];
  readonly message: string;
  readonly names: readonly string[];
}

/** collection-status for programs: plain data, times in UTC. */
export interface CollectionStatus {
  readonly chains: readonly ChainStatus[];
  readonly orphanedSets: readonly SetStatus[];
  readonly incompleteSets: readonly SetStatus[];
  readonly replacedSets: readonly SetStatus[];
  readonly orphanedSignatures: {
    readonly local: readonly string[];
    readonly stored: readonly string[];
  };
  /** The time of the set that an incremental would build on; null when the next one is a full. */
  readonly nextIncrementalBase: string | null;
  readonly warnings: readonly WarningStatus[];
  /** Every set of which something is missing, also those of which only a sigtar or an index is left. */
  readonly faultySets: readonly FaultySet[];
  readonly notes: readonly string[];
  /** In what the storages of a mirror differ; empty for other storages. */
  readonly mirrorGaps: readonly MirrorGap[];
}

/** What the names do not tell. */
export interface MoreStatus {
  /** The caller's own lines. */
  readonly notes?: readonly string[];
  /** What is wrong with the sets. */
  readonly states?: readonly SetState[];
  /** In what the storages of a mirror differ. */
  readonly mirrorGaps?: readonly MirrorGap[];
}

/** What formatStatus tells, as an object for --json. */
export function statusObject(
  collection: Collection,
  { notes = [], states = [], mirrorGaps = [] }: MoreStatus = {},
): CollectionStatus {
  const faults = new Map(states.map((state) => [state.key, state.faults]));
  const setStatus = (set: BackupSet): SetStatus => statusOf(set, faults.get(set.key) ?? []);
  const { primary, orphanedSignatures } = collection;
  return {
    chains: collection.chains.map((chain) => ({
      primary: chain === primary?.chain,
      startTime: formatStamp(chain.startSeconds),
      endTime: formatStamp(chain.endSeconds),
      sets: chain.sets.map(setStatus),
    })),
    orphanedSets: collection.orphaned.map(setStatus),
    incompleteSets: collection.incomplete.map(setStatus),
    replacedSets: collection.replaced.map(setStatus),
    orphanedSignatures: {
      local: orphanedSignatures.local.map(nameOf),
      stored: orphanedSignatures.stored.map(nameOf),
    },
    nextIncrementalBase: primary?.base ? formatStamp(primary.base.times.endSeconds) : null,
    warnings: collection.warnings.map((warning) => ({
      kind: warning.kind,
      message: [formatWarning(warning)[0] ?? '', ...formatNote(warning)].filter(Boolean).join(' '),
      names: namesOf(warning),
    })),
    faultySets: states.filter((state) => state.faults.length > 0).map(faultySet),
    notes,
    mirrorGaps,
  };
}

function faultySet({ key, times, faults }: SetState): FaultySet {
  const time = formatStamp(times.endSeconds);
  return { set: key, time, message: describeFaults(faults), faults };
}

function statusOf(set: BackupSet, faults: readonly SetFault[]): SetStatus {
  const { times } = set;
  const files = [...set.manifests, ...[...set.volumes.values()].flat()];
  return {
    kind: times.kind,
    time: formatStamp(times.endSeconds),
    timeSeconds: times.endSeconds,
    baseTime: times.kind === 'inc' ? formatStamp(times.startSeconds) : undefined,
    volumes: set.volumes.size,
    encrypted: files.some(({ container }) => container === 'gpg'),
    complete: set.complete,
    partial: set.partial,
    signatures: set.signatures.length > 0,
    index: set.index.length > 0,
    faults,
  };
}

function namesOf(warning: CollectionWarning): string[] {
  switch (warning.kind) {
    case 'orphaned-signatures':
    case 'ambiguous-names':
      return warning.files.map(nameOf);
    case 'leftover-part':
      return [warning.file.name];
    case 'incomplete-sets':
    case 'orphaned-sets':
      return warning.sets.map(({ key }) => key);
    case 'discarded-set':
    case 'partial-set':
      return [warning.set.key];
    case 'unmatched-signatures':
      return [];
  }
}

function nameOf({ name }: StoredFile): string {
  return name;
}
