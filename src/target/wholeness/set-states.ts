/**
 * Which sets of a target are whole, and what the others lack: decided here and nowhere else. Names and sizes tell a
 * part of it; what only a manifest can tell is noted once it was read. A set that builds on one that is not whole is not
 * whole either: its tree needs that.
 */
import type { SetTimes } from '../../archive/index.js';
import type { TargetListing } from '../listing.js';
import { namedSets } from './name-faults.js';
import type { NamedSet } from './name-faults.js';
import { isTreeHidden } from './set-fault.js';
import type { SetFault } from './set-fault.js';

/** A set of which anything is stored, and why it is not whole: no faults, no reason known. */
export interface SetState {
  readonly key: string;
  readonly times: SetTimes;
  readonly faults: readonly SetFault[];
}

const none: readonly SetFault[] = [];

export class SetStates {
  readonly #sets: readonly NamedSet[];
  /** By the set's key: the set that it builds on. */
  readonly #bases: ReadonlyMap<string, NamedSet>;
  /** By the set's key: what names tell against it; of the others nothing. */
  readonly #withFaults: ReadonlyMap<string, readonly SetFault[]>;
  readonly #noted = new Map<string, readonly SetFault[]>();
  #states: ReadonlyMap<string, SetState> | undefined;

  private constructor(sets: readonly NamedSet[], bases: ReadonlyMap<string, NamedSet>) {
    this.#sets = sets;
    this.#bases = bases;
    const withFaults = sets.filter(({ faults }) => faults.length > 0);
    this.#withFaults = new Map(withFaults.map(({ key, faults }) => [key, faults]));
  }

  /** What the listing tells. */
  static of(listing: TargetListing): SetStates {
    const sets = namedSets(listing);
    return new SetStates(sets, basesOf(sets, listing));
  }

  /** Every set, by end time. */
  all(): readonly SetState[] {
    return [...this.#computed().values()];
  }

  /** Why the set is not whole, as far as that is known; nothing for a set that is not known. */
  faultsOf(key: string): readonly SetFault[] {
    return this.#computed().get(key)?.faults ?? none;
  }

  /** Takes over what the set's manifest has told; names told of its volumes no more than that. */
  note(key: string, faults: readonly SetFault[]): void {
    const before = this.#noted.get(key);
    this.#noted.set(key, faults);
    // of most sets it only confirms that they are whole
    if (faults.length > 0 || this.#isToldOfVolumes(key, before)) this.#states = undefined;
  }

  #isToldOfVolumes(key: string, noted: readonly SetFault[] | undefined): boolean {
    if (noted !== undefined) return noted.length > 0;
    return this.#withFaults.get(key)?.some(({ kind }) => kind === 'volumes-missing') === true;
  }

  #computed(): ReadonlyMap<string, SetState> {
    if (this.#states !== undefined) return this.#states;
    const states = new Map<string, SetState>();
    for (const set of this.#sets) {
      const own = this.#own(set);
      const inherited = this.#inherited(set, states);
      // shared as far as they are the same: there may be a hundred thousand sets
      if (inherited.length === 0 && own === set.faults) states.set(set.key, set);
      else states.set(set.key, stateOf(set, own.length === 0 ? inherited : [...own, ...inherited]));
    }
    this.#states = states;
    return states;
  }

  #own({ key, faults }: NamedSet): readonly SetFault[] {
    const noted = this.#noted.get(key);
    if (noted === undefined) return faults;
    return [...faults.filter(({ kind }) => kind !== 'volumes-missing'), ...noted];
  }

  /** Bases end earlier, so that their states are there already. */
  #inherited({ key, times }: NamedSet, states: ReadonlyMap<string, SetState>): readonly SetFault[] {
    if (times.kind === 'full') return none;
    const base = this.#bases.get(key);
    if (base === undefined) return [{ kind: 'base-missing', baseSeconds: times.startSeconds }];
    const faults = states.get(base.key)?.faults ?? none;
    const own = faults.filter(({ kind }) => kind !== 'base-faulty');
    const inherited = faults.find((fault) => fault.kind === 'base-faulty');
    // the first of the chain is told, unless one behind it hides more
    if (inherited !== undefined && (isTreeHidden([inherited]) || !isTreeHidden(own))) {
      return faults.length === 1 ? faults : [inherited];
    }
    return own.length === 0 ? none : [{ kind: 'base-faulty', setKey: base.key, faults: own }];
  }
}

function stateOf({ key, times }: NamedSet, faults: readonly SetFault[]): SetState {
  return { key, times, faults };
}

/** The set that each incremental builds on: the one before it in its chain or, outside of chains, one that ends then. */
function basesOf(
  sets: readonly NamedSet[],
  { collection }: TargetListing,
): ReadonlyMap<string, NamedSet> {
  const byKey = new Map(sets.map((set) => [set.key, set]));
  const byEnd = new Map<number, NamedSet>();
  for (const set of sets) {
    const known = byEnd.get(set.times.endSeconds);
    if (known === undefined || known.faults.length > 0) byEnd.set(set.times.endSeconds, set);
  }
  const bases = new Map<string, NamedSet>();
  for (const { key, times } of sets) {
    if (times.kind === 'full' || times.startSeconds >= times.endSeconds) continue;
    const base = byEnd.get(times.startSeconds);
    if (base !== undefined) bases.set(key, base);
  }
  for (const { sets: chain } of collection.chains) {
    for (const [at, { key }] of chain.entries()) {
      const before = at === 0 ? undefined : byKey.get(chain[at - 1]?.key ?? '');
      if (before !== undefined) bases.set(key, before);
    }
  }
  return bases;
}
