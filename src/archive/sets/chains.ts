import type { SetTimes } from '../names/names.js';
import type { BackupSet } from './sets.js';

/** A full set and the incrementals on it, in order of time. */
export interface Chain {
  readonly sets: readonly BackupSet[];
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface Chaining<Item> {
  /** By end time. */
  readonly chains: readonly (readonly Item[])[];
  /** Incrementals that fit no chain. */
  readonly orphaned: readonly Item[];
  /** Incrementals that a later one from the same start took the place of. */
  readonly replaced: readonly Item[];
}

/**
 * Ties sets to chains as duplicity does (docs/format/1-bytes.md 1.3; 2-behaviour.md 1.2). `sets` come in
 * order of end time. A full opens a chain. An incremental joins the first chain that ends where it starts,
 * or whose last incremental has the same start: that one it replaces. One that does not lead forward in
 * time is orphaned, so that the times within a chain always rise.
 */
export function tieChains<Item extends { readonly times: SetTimes }>(
  sets: readonly Item[],
): Chaining<Item> {
  const building = new Building<Item>();
  const orphaned: Item[] = [];
  const replaced: Item[] = [];
  for (const set of sets) {
    const { times } = set;
    if (times.kind === 'full') {
      building.open(set);
      continue;
    }
    const chain =
      times.endSeconds > times.startSeconds ? building.find(times.startSeconds) : undefined;
    if (chain === undefined) {
      orphaned.push(set);
    } else {
      const old = building.join(chain, set, times.startSeconds);
      if (old) replaced.push(old);
    }
  }
  const chains = building.chains.toSorted((a, b) => endOf(a) - endOf(b));
  return { chains, orphaned, replaced };
}

/**
 * Ties the sets that fit no chain to each other, in order of end time: the first of each chain builds on a set that is
 * not there.
 */
export function tieWithoutBase<Item extends { readonly times: SetTimes }>(
  orphaned: readonly Item[],
): (readonly Item[])[] {
  const chains: Item[][] = [];
  const byEnd = new Map<number, Item[]>();
  for (const set of orphaned) {
    const { times } = set;
    const before = times.kind === 'inc' ? byEnd.get(times.startSeconds) : undefined;
    const leadsOn = times.kind === 'inc' && times.startSeconds < times.endSeconds;
    const chain = leadsOn ? before : undefined;
    if (chain === undefined) chains.push([set]);
    else chain.push(set);
    if (times.kind === 'inc' && chain !== undefined) byEnd.delete(times.startSeconds);
    byEnd.set(times.endSeconds, chain ?? chains.at(-1) ?? []);
  }
  return chains;
}

/** The chain of sets that have been tied together. */
export function chainOf(sets: readonly BackupSet[]): Chain {
  return { sets, startSeconds: sets[0]?.times.endSeconds ?? 0, endSeconds: endOf(sets) };
}

/**
 * The sets of a chain that can be read: those before the first that is partial. What builds on an
 * unfinished set cannot be known to be right.
 */
export function usableSets(chain: Chain): readonly BackupSet[] {
  const partial = chain.sets.findIndex((set) => !set.complete);
  return partial === -1 ? chain.sets : chain.sets.slice(0, partial);
}

function endOf(sets: readonly { readonly times: SetTimes }[]): number {
  return sets.at(-1)?.times.endSeconds ?? 0;
}

/** Chains being built, found by the time at which the next incremental must start. */
class Building<Item extends { readonly times: SetTimes }> {
  readonly chains: Item[][] = [];
  /** The numbers of the chains that an incremental from this time can join or alter. */
  readonly #openings = new Map<number, Set<number>>();

  open(set: Item): void {
    this.chains.push([set]);
    this.#note(set.times.endSeconds, this.chains.length - 1);
  }

  /** The number of the first chain that takes an incremental from `startSeconds`. */
  find(startSeconds: number): number | undefined {
    let first: number | undefined;
    for (const number of this.#openings.get(startSeconds) ?? []) {
      if (first === undefined || number < first) first = number;
    }
    return first;
  }

  /** Adds the set to a chain; returns the one that it replaces, if any. */
  join(number: number, set: Item, startSeconds: number): Item | undefined {
    const chain = this.chains[number] ?? [];
    const replaces = endOf(chain) !== startSeconds;
    const last = replaces ? chain.pop() : chain.at(-1);
    if (replaces && last) this.#openings.get(last.times.endSeconds)?.delete(number);
    else if (last?.times.kind === 'inc')
      this.#openings.get(last.times.startSeconds)?.delete(number);
    chain.push(set);
    this.#note(set.times.endSeconds, number);
    return replaces ? last : undefined;
  }

  #note(seconds: number, number: number): void {
    const numbers = this.#openings.get(seconds) ?? new Set();
    this.#openings.set(seconds, numbers.add(number));
  }
}
