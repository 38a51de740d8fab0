/** What the commands that remove print, in the shapes that duplicity 3 has (docs/format/2-behaviour.md 5). */
import type { BackupSet } from '../archive/index.js';
import { formatLocalTime } from '../time/index.js';
import type { CleanupPlan, KeepReason, PrunePlan, RetentionPlan } from '../upkeep/index.js';
import { humanSize } from './backup/statistics-text.js';

export interface RetentionTextOptions {
  /** Whether it is done, and not only listed. */
  readonly isDone: boolean;
  readonly onlyIncrementals: boolean;
}

export function retentionLines(
  plan: RetentionPlan,
  { isDone, onlyIncrementals }: RetentionTextOptions,
): string[] {
  const before = neededLines(plan);
  if (plan.removed.length === 0) return [...before, 'No old backup sets found, nothing deleted.'];
  const times = plan.removed.map(endText);
  if (!isDone) {
    const found = onlyIncrementals
      ? 'Found old incremental backup set(s) at the following time:'
      : 'Found old backup chain(s) at the following time:';
    return [...before, found, ...times, 'Rerun command with --force option to actually delete.'];
  }
  const what = onlyIncrementals ? 'incrementals of the chain' : 'complete backup chain';
  return [
    ...before,
    onlyIncrementals ? 'Deleting incremental(s) at time:' : 'Deleting backup chain(s) at time:',
    ...times,
    ...times.toReversed().map((time) => `Deleting ${what} ${time}`),
  ];
}

function neededLines({ needed, isNewestOld }: RetentionPlan): string[] {
  const lines: string[] = [];
  if (isNewestOld) {
    lines.push('The newest backup chain is older than that as well. It is not deleted.');
  }
  if (needed.length === 0) return lines;
  return [
    ...lines,
    'There are backup set(s) at time(s):',
    ...needed.map(({ times }) => formatLocalTime(times.endSeconds)),
    "Which can't be deleted because newer sets depend on them.",
  ];
}

function endText(sets: readonly BackupSet[]): string {
  return formatLocalTime(sets.at(-1)?.times.endSeconds ?? 0);
}

export function cleanupLines({ local, stored }: CleanupPlan, isDone: boolean): string[] {
  const names = [...local, ...stored];
  if (names.length === 0) return ['No extraneous files found, nothing deleted in cleanup.'];
  if (isDone) return ['Deleting these file(s) from backend:', ...names];
  return [
    'Found the following file(s) to delete:',
    ...names,
    'Run the command again with the --force option to actually delete.',
  ];
}

/** A line for each set: whether it stays, and why; then what that frees. */
export function pruneLines(
  { sets, removed }: PrunePlan,
  { bytes, isDone }: { readonly bytes: ReadonlyMap<string, number>; readonly isDone: boolean },
): string[] {
  const size = (key: string): number => bytes.get(key) ?? 0;
  const lines = sets.map(({ set: { key, times }, reasons }) => {
    const kind = times.kind === 'full' ? 'full       ' : 'incremental';
    const what = reasons.length > 0 ? 'keep  ' : 'remove';
    const why =
      reasons.length > 0 ? reasons.map((one) => reasonTexts[one]).join(', ') : humanSize(size(key));
    return `${what}  ${formatLocalTime(times.endSeconds)}  ${kind}  ${why}`;
  });
  const gone = removed.flat();
  if (gone.length === 0) return [...lines, 'Every set stays: nothing is removed.'];
  const freed = humanSize(gone.reduce((sum, { key }) => sum + size(key), 0));
  const count = gone.length === 1 ? '1 set' : `${gone.length} sets`;
  const summary = isDone
    ? `Removing ${count}, which frees ${freed}.`
    : `${count} would be removed, which frees ${freed}. Run the command again with --force to do it.`;
  return [...lines, summary];
}

const reasonTexts: Record<KeepReason, string> = {
  newest: 'the newest',
  continued: 'the next incremental builds on it',
  needed: 'a set that stays builds on it',
  within: 'young enough',
  last: 'one of the last',
  hourly: 'hourly',
  daily: 'daily',
  weekly: 'weekly',
  monthly: 'monthly',
  yearly: 'yearly',
};
