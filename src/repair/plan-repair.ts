/** What can be made whole again without the source, from what a check has found: a pure plan. */
import { formatFileName, setKey } from '../archive/index.js';
import type { BackupSet, NamePrefixes, StoredFile } from '../archive/index.js';
import type { Finding } from '../check/index.js';
import { localManifestName } from '../target/index.js';
import type { TargetListing } from '../target/index.js';
import type { RepairAction } from './action.js';
import { recoveryDataOf } from './recovery-names.js';

export interface RepairFacts {
  readonly listing: TargetListing;
  readonly prefixes: NamePrefixes;
  readonly findings: readonly Finding[];
}

export interface RepairPlan {
  /** In the order in which they are done. */
  readonly actions: readonly RepairAction[];
  /** What no action helps against. */
  readonly left: readonly Finding[];
}

export function planRepair(facts: RepairFacts): RepairPlan {
  return new Planning(facts).run();
}

/** Recovery data first, for the others need good volumes; a set's index before its manifest; copies and surplus last. */
const order: readonly RepairAction['kind'][] = [
  'recover',
  'rebuild-index',
  'restore-manifest',
  'rebuild-manifest',
  'heal-mirror',
  'refetch-copy',
  'drop-signatures',
];

class Planning {
  readonly #facts: RepairFacts;
  readonly #sets: ReadonlyMap<string, BackupSet>;
  readonly #storedNames: ReadonlySet<string>;
  readonly #actions = new Map<string, RepairAction>();
  readonly #repairedSets = new Set<string>();

  constructor(facts: RepairFacts) {
    this.#facts = facts;
    const { stored, collection } = facts.listing;
    this.#sets = new Map(collection.sets.map((set) => [set.key, set]));
    this.#storedNames = new Set(stored.map(({ name }) => name));
  }

  run(): RepairPlan {
    const left = this.#facts.findings.filter((finding) => !this.#plan(finding));
    const actions = [...this.#actions.values()];
    actions.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    return { actions, left: left.filter((finding) => !this.#isMendedByOthers(finding)) };
  }

  /** Whether something is done about the finding. */
  #plan(finding: Finding): boolean {
    switch (finding.kind) {
      case 'set-faulty': {
        const isOfManifest =
          finding.fault.kind === 'manifest-missing' ||
          finding.fault.kind === 'manifest-damaged' ||
          finding.fault.kind === 'volumes-not-named';
        return isOfManifest && this.#mendManifest(finding.setKey);
      }
      case 'file-unusable':
        return this.#mendFile(finding);
      case 'volume-faulty':
      case 'volume-size': {
        const file = this.#fileOf(finding.setKey, finding.name);
        return file !== undefined && this.#recover(file);
      }
      case 'index-missing':
      case 'index-disagrees':
        return this.#mendIndex(finding.setKey);
      case 'local-copy': {
        const { setKey: key, name, stored } = finding;
        return this.#add({ kind: 'refetch-copy', setKey: key, name, stored });
      }
      case 'mirror': {
        const { gap } = finding;
        if (gap.kind !== 'lacks') return false;
        const { member, setKey: key, names } = gap;
        return this.#add({ kind: 'heal-mirror', member, setKey: key, names });
      }
      case 'leftovers':
        return this.#dropSignatures(finding.names);
      default:
        return false;
    }
  }

  #mendFile({
    setKey: key,
    name,
    file,
    error,
  }: Extract<Finding, { kind: 'file-unusable' }>): boolean {
    // an index that somebody else has written says nothing that the volumes, which are verified, do not say better
    if (error === 'SIGNATURE' && file === 'index') return this.#mendIndex(key);
    if (error !== 'DAMAGED' && error !== 'FILE_MISSING') return false;
    const stored = this.#fileOf(key, name);
    if (stored !== undefined && this.#recover(stored)) return true;
    if (file === 'manifest') return this.#mendManifest(key);
    return file === 'index' && this.#mendIndex(key);
  }

  #recover({ name, times }: StoredFile): boolean {
    if (recoveryDataOf(name, this.#storedNames).length === 0) return false;
    return this.#add({ kind: 'recover', setKey: setKey(times), name });
  }

  /** From the archive dir or, where all volumes and the sigtar are there, from those. */
  #mendManifest(key: string): boolean {
    const set = this.#sets.get(key);
    if (set === undefined || set.partial || !hasAllVolumes(set)) return false;
    const { prefixes, listing } = this.#facts;
    const { times, volumes } = set;
    const isEncrypted = containerOf(set) === 'gpg';
    const container = isEncrypted ? 'gpg' : 'plain';
    const name = formatFileName({ kind: 'manifest', times, container }, prefixes);
    const local = localManifestName({ name });
    this.#repairedSets.add(key);
    if (listing.localNames.has(local)) {
      return this.#add({ kind: 'restore-manifest', setKey: key, name, local });
    }
    const hasSignatures = set.signatures.some(
      ({ partial, name: one }) => !partial && !listing.isEmpty(one),
    );
    if (hasSignatures) {
      return this.#add({ kind: 'rebuild-manifest', setKey: key, name, volumes: volumes.size });
    }
    this.#repairedSets.delete(key);
    return false;
  }

  #mendIndex(key: string): boolean {
    const set = this.#sets.get(key);
    const container = set && containerOf(set);
    if (container === undefined || set === undefined || !hasAllVolumes(set)) return false;
    const { times, volumes } = set;
    const kind = set.index[0]?.kind === 'added-index' ? 'added-index' : 'index';
    const name = formatFileName({ kind, times, container }, this.#facts.prefixes);
    return this.#add({ kind: 'rebuild-index', setKey: key, name, volumes: volumes.size });
  }

  /** Of sets of which nothing else is left: others may still be read with them. */
  #dropSignatures(names: readonly string[]): boolean {
    const { orphanedSignatures } = this.#facts.listing.collection;
    const isAlone = (file: StoredFile): boolean =>
      names.includes(file.name) && !this.#sets.has(setKey(file.times));
    const stored = orphanedSignatures.stored.filter(isAlone).map(({ name }) => name);
    const local = orphanedSignatures.local.filter(isAlone).map(({ name }) => name);
    if (stored.length + local.length === 0) return false;
    this.#add({ kind: 'drop-signatures', stored, local });
    return stored.length + local.length === names.length;
  }

  #fileOf(key: string, name: string): StoredFile | undefined {
    return this.#facts.listing.filesOf(key).find((file) => file.name === name);
  }

  /** What builds on a set that is mended is well then. */
  #isMendedByOthers(finding: Finding): boolean {
    if (finding.kind !== 'set-faulty' || finding.fault.kind !== 'base-faulty') return false;
    return this.#repairedSets.has(finding.fault.setKey);
  }

  /** Each once. */
  #add(action: RepairAction): true {
    const what =
      action.kind === 'drop-signatures'
        ? [...action.stored, ...action.local].join(' ')
        : action.kind === 'heal-mirror'
          ? `${action.member} ${action.setKey}`
          : action.name;
    this.#actions.set(`${action.kind} ${what}`, action);
    return true;
  }
}

/** Whether the volumes have the numbers from 1 on, one file each. Whether more have been there, reading tells. */
function hasAllVolumes({ volumes }: BackupSet): boolean {
  const numbers = [...volumes.keys()].sort((a, b) => a - b);
  return (
    numbers.length > 0 &&
    numbers.every((number, at) => number === at + 1) &&
    [...volumes.values()].every((files) => files.length === 1)
  );
}

/** How the volumes are wrapped. */
function containerOf({ volumes }: BackupSet): StoredFile['container'] | undefined {
  return volumes.get(1)?.[0]?.container;
}
