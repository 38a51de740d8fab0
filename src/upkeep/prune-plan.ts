/**
 * Which sets stay by rules such as "one a day for a week" (`prune`). A set that a rule keeps needs those that it builds
 * on, so that of each chain a beginning stays, and what comes behind the last set that is kept goes. The newest set
 * always stays, and so does the chain that the next incremental continues.
 */
import type { BackupSet, Collection } from '../archive/index.js';

/** How many sets a rule keeps: of each of the newest so many hours, days, … that have any, the newest one. */
export type KeepCounts = Readonly<Partial<Record<KeepRule, number>>>;

export const keepRules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type KeepRule = (typeof keepRules)[number];

export interface PrunePolicy {
  /** All sets that are no older than this stay, in seconds. */
  readonly withinSeconds?: number | undefined;
  readonly counts: KeepCounts;
}

/** Why a set stays: a rule, that it is the newest or continued next, or that a set which stays builds on it. */
export type KeepReason = KeepRule | 'within' | 'newest' | 'continued' | 'needed';

export interface PlannedSet {
  readonly set: BackupSet;
  /** None for a set that goes. */
  readonly reasons: readonly KeepReason[];
}

export interface PrunePlan {
  /** Every set of a chain, oldest first. */
  readonly sets: readonly PlannedSet[];
  /** What goes of each chain, oldest chain and oldest set first. */
  readonly removed: readonly (readonly BackupSet[])[];
}

export interface PruneOptions {
  readonly policy: PrunePolicy;
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
  /** Keys of sets that are not whole: no rule that counts takes one of them for the best of its day. */
  readonly faulty: ReadonlySet<string>;
}

/** Days and hours are those of the local time zone; weeks begin on Monday. */
export function planPrune(
  { chains, primary }: Collection,
  { policy, nowSeconds, faulty }: PruneOptions,
): PrunePlan {
  const all = chains.flatMap(({ sets }) => sets);
  const newestFirst = all.toSorted((a, b) => b.times.endSeconds - a.times.endSeconds);
  const reasons = new Map<string, KeepReason[]>(all.map(({ key }) => [key, []]));
  const keep = (set: BackupSet | undefined, reason: KeepReason): void => {
    if (set !== undefined) reasons.get(set.key)?.push(reason);
  };
  keep(newestFirst[0], 'newest');
  if (primary !== undefined && primary.chain !== chains.at(-1)) {
    keep(primary.chain.sets.at(-1), 'continued');
  }
  const { withinSeconds, counts } = policy;
  if (withinSeconds !== undefined) {
    for (const set of all) {
      if (set.times.endSeconds >= nowSeconds - withinSeconds) keep(set, 'within');
    }
  }
  const whole = newestFirst.filter(({ key }) => !faulty.has(key));
  for (const rule of keepRules) {
    for (const set of newestOfEach(whole, rule, counts[rule] ?? 0)) keep(set, rule);
  }
  const removed: BackupSet[][] = [];
  for (const { sets } of chains) {
    const last = sets.findLastIndex(({ key }) => reasons.get(key)?.length !== 0);
    for (const set of sets.slice(0, Math.max(0, last))) keep(set, 'needed');
    if (last < sets.length - 1) removed.push(sets.slice(last + 1));
  }
  return { sets: all.map((set) => ({ set, reasons: reasons.get(set.key) ?? [] })), removed };
}

/** The newest set of each period, until there are so many. */
function newestOfEach(
  newestFirst: readonly BackupSet[],
  rule: KeepRule,
  count: number,
): BackupSet[] {
  const found: BackupSet[] = [];
  let before: string | undefined;
  for (const set of newestFirst) {
    if (found.length >= count) break;
    const period = periodOf(set, rule);
    if (period !== before) found.push(set);
    before = period;
  }
  return found;
}

/** What sets of one period have in common. */
function periodOf({ key, times }: BackupSet, rule: KeepRule): string {
  const date = new Date(times.endSeconds * 1000);
  const day = [date.getFullYear(), date.getMonth(), date.getDate()];
  switch (rule) {
    case 'last':
      return key;
    case 'hourly':
      // with its offset: an hour that the clocks repeat is two
      return [...day, date.getHours(), date.getTimezoneOffset()].join('-');
    case 'daily':
      return day.join('-');
    case 'weekly': {
      const daysSinceMonday = (date.getDay() + 6) % 7;
      const monday = new Date(
        date.getFullYear(),
        date.getMonth(),
        date.getDate() - daysSinceMonday,
      );
      return [monday.getFullYear(), monday.getMonth(), monday.getDate()].join('-');
    }
    case 'monthly':
      return day.slice(0, 2).join('-');
    case 'yearly':
      return String(day[0]);
  }
}
