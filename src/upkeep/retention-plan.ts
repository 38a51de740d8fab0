/**
 * Which sets are old enough to go (docs/format/2-behaviour.md 5). Only whole chains go, or all incrementals of one: what
 * stays can be restored as before. The newest chain never goes, nor does the one that the next incremental continues.
 */
import type { BackupSet, Chain, Collection } from '../archive/index.js';

export interface RetentionPlan {
  /** What goes of each chain, oldest chain and oldest set first. */
  readonly removed: readonly (readonly BackupSet[])[];
  /** Sets that are old enough and stay, because newer ones build on them. */
  readonly needed: readonly BackupSet[];
  /** Whether the newest chain is old enough as well; it stays. */
  readonly isNewestOld: boolean;
}

const nothing: RetentionPlan = { removed: [], needed: [], isNewestOld: false };

/** Chains that end before a time, in seconds since the epoch (`remove-older-than`). */
export function planOlderThan(collection: Collection, timeSeconds: number): RetentionPlan {
  const { chains } = collection;
  const kept = keptAnyway(collection);
  const isOld = ({ endSeconds }: Chain): boolean => endSeconds < timeSeconds;
  return {
    removed: chains.filter((chain) => isOld(chain) && !kept.has(chain)).map(({ sets }) => sets),
    needed: chains
      .filter((chain) => !isOld(chain))
      .flatMap(({ sets }) => sets.filter(({ times }) => times.endSeconds < timeSeconds)),
    isNewestOld: [...kept].some(isOld),
  };
}

/** Chains that end before the `count`th newest full (`remove-all-but-n-full`); nothing where there are fewer fulls. */
export function planAllButFulls(collection: Collection, count: number): RetentionPlan {
  const timeSeconds = startOfFull(collection, count);
  if (timeSeconds === undefined) return nothing;
  return { ...planOlderThan(collection, timeSeconds), needed: [] };
}

/** The incrementals of those chains (`remove-all-inc-of-but-n-full`). */
export function planIncrementals(collection: Collection, count: number): RetentionPlan {
  const plan = planAllButFulls(collection, count);
  const removed = plan.removed
    .map((sets) => sets.filter(({ times }) => times.kind === 'inc'))
    .filter((sets) => sets.length > 0);
  return { ...plan, removed };
}

/** The newest chain has the newest state of all files; the other one is where signatures are. */
function keptAnyway({ chains, primary }: Collection): ReadonlySet<Chain> {
  return new Set([chains.at(-1), primary?.chain].filter((chain) => chain !== undefined));
}

function startOfFull({ chains }: Collection, count: number): number | undefined {
  const starts = chains.map(({ startSeconds }) => startSeconds).sort((a, b) => b - a);
  return starts[count - 1];
}
