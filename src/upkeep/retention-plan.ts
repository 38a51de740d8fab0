/**
 * Which sets are old enough to go (docs/format/2-behaviour.md 5). Only whole chains go, or all incrementals of one: what
 * stays can be restored as before. The newest chain never goes, nor does the one that the next incremental continues.
 */
import { setKey } from '../archive/index.js';
import type { BackupSet, Chain, Collection, Sides, StoredFile } from '../archive/index.js';

export interface RetentionPlan {
  /** What goes of each chain, oldest chain and oldest set first. */
  readonly removed: readonly (readonly BackupSet[])[];
  /**
   * The sigtars that go: those of old signature chains, also where their sets are gone. As by duplicity, one that is in no
   * chain stays for `cleanup`, and one in a chain that goes on stays with it.
   */
  readonly signatures: Sides<StoredFile>;
  /** Sets that are old enough and stay, because newer ones build on them. */
  readonly needed: readonly BackupSet[];
  /** Whether the newest chain is old enough as well; it stays. */
  readonly isNewestOld: boolean;
}

const none: Sides<StoredFile> = { local: [], stored: [] };
const nothing: RetentionPlan = { removed: [], signatures: none, needed: [], isNewestOld: false };

/** Chains that end before a time, in seconds since the epoch (`remove-older-than`). */
export function planOlderThan(collection: Collection, timeSeconds: number): RetentionPlan {
  const { chains } = collection;
  const kept = keptAnyway(collection);
  const isOld = ({ endSeconds }: Chain): boolean => endSeconds < timeSeconds;
  const removed = chains.filter((chain) => isOld(chain) && !kept.has(chain));
  const staying = chains.filter((chain) => !(isOld(chain) && !kept.has(chain)));
  return {
    removed: removed.map(({ sets }) => sets),
    signatures: removed.length === 0 ? none : oldSignatures(collection, staying, timeSeconds),
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
  if (removed.length === 0) return { ...plan, removed, signatures: none };
  const isInc = ({ times }: StoredFile): boolean => times.kind === 'inc';
  const { local, stored } = plan.signatures;
  return {
    ...plan,
    removed,
    signatures: { local: local.filter(isInc), stored: stored.filter(isInc) },
  };
}

/** Of the signature chains that end before a time, but for those of chains that stay. */
function oldSignatures(
  { signatureChains }: Collection,
  staying: readonly Chain[],
  timeSeconds: number,
): Sides<StoredFile> {
  const keptKeys = new Set(staying.flatMap(({ sets }) => sets.map(({ key }) => key)));
  const of = (side: keyof Collection['signatureChains']): StoredFile[] =>
    signatureChains[side]
      .filter(({ endSeconds }) => endSeconds < timeSeconds)
      .filter(({ files }) => !files.some(({ times }) => keptKeys.has(setKey(times))))
      .flatMap(({ files }) => files);
  return { local: of('local'), stored: of('stored') };
}

/** The newest chain has the newest state of all files; the other one is where signatures are. */
function keptAnyway({ chains, primary }: Collection): ReadonlySet<Chain> {
  return new Set([chains.at(-1), primary?.chain].filter((chain) => chain !== undefined));
}

function startOfFull({ chains }: Collection, count: number): number | undefined {
  const starts = chains.map(({ startSeconds }) => startSeconds).sort((a, b) => b - a);
  return starts[count - 1];
}
