/** What a run comes to in one sentence. */
import { exitCodes } from '../../base/index.js';
import { parseInterval } from '../../time/index.js';
import type { Profile } from '../file/profile.js';
import { lastBackupSeconds, nothingSinceSeconds } from '../logs/history.js';
import type { BackupFigures, Outcome, RunRecord } from '../logs/run-record.js';

const daySeconds = 86_400;
const defaultOverdue = '7D';

export function outcomeOf(exitCode: number): Outcome {
  if (exitCode === 0) return 'success';
  if (exitCode === exitCodes.SKIPPED) return 'skipped';
  return exitCode === exitCodes.INCOMPLETE ? 'warning' : 'failure';
}

export function summaryOf(record: RunRecord): string {
  const { profile, outcome, figures, startedSeconds, endedSeconds, message } = record;
  const took = `${Math.round(endedSeconds - startedSeconds)} s`;
  const what = figures === undefined ? '' : `, ${figuresText(figures)}`;
  const why = message === undefined ? '' : `: ${message}`;
  switch (outcome) {
    case 'success':
      return `The backup "${profile}" succeeded in ${took}${what}`;
    case 'warning':
      return `The backup "${profile}" was made with warnings in ${took}${what}${why}`;
    case 'skipped':
      return `The backup "${profile}" was skipped${why}`;
    case 'killed':
      return `The backup "${profile}" never ended${why}`;
    case 'failure':
      return record.backedUp
        ? `The backup "${profile}" was made, but what comes after it failed${why}`
        : `The backup "${profile}" FAILED after ${took}${why}`;
  }
}

function figuresText(figures: BackupFigures): string {
  const { set, kind, newFiles, changedFiles, deletedFiles } = figures;
  if (set === null) return 'nothing had changed';
  return `${kind}: ${newFiles} new, ${changedFiles} changed, ${deletedFiles} deleted`;
}

/** The figures in the line of JSON that `backup --json` prints. */
export function figuresOf(json: unknown): BackupFigures | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const line = json as Readonly<Record<string, unknown>>;
  const number = (key: string): number => (typeof line[key] === 'number' ? line[key] : 0);
  return {
    set: typeof line['set'] === 'string' ? line['set'] : null,
    kind: String(line['kind']),
    sourceFiles: number('sourceFiles'),
    sourceBytes: number('sourceFileSize'),
    newFiles: number('newFiles'),
    changedFiles: number('changedFiles'),
    deletedFiles: number('deletedFiles'),
    storedBytes: number('totalDestinationSizeChange'),
    errors: number('errors'),
  };
}

/** What to say where no backup was made for longer than the profile allows; undefined where all is well. */
export function overdueText(
  { name, run }: Pick<Profile, 'name' | 'run'>,
  history: readonly RunRecord[],
  nowSeconds: number,
): string | undefined {
  const since = nothingSinceSeconds(history);
  const most = parseInterval(run['overdue-after'] ?? defaultOverdue);
  if (since === undefined || nowSeconds - since <= most) return undefined;
  const days = Math.floor((nowSeconds - since) / daySeconds);
  const failed = failuresAtEnd(history);
  const last = lastBackupSeconds(history);
  const when =
    last === undefined
      ? 'none was ever made'
      : `the last is of ${new Date(last * 1000).toISOString()}`;
  const runs =
    failed === 0
      ? 'it was not run meanwhile'
      : `${failed} ${failed === 1 ? 'run has' : 'runs have'} made none since`;
  return `NO BACKUP of "${name}" for ${days} days: ${when}; ${runs}`;
}

function failuresAtEnd(history: readonly RunRecord[]): number {
  return history.length - 1 - history.findLastIndex(({ backedUp }) => backedUp);
}
