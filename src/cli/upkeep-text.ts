/** What the commands that remove print, in the shapes that duplicity 3 has (docs/format/2-behaviour.md 5). */
import type { BackupSet } from '../archive/index.js';
import { formatLocalTime } from '../time/index.js';
import type { CleanupPlan, RetentionPlan } from '../upkeep/index.js';

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
