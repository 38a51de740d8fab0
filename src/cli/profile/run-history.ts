/** Every run of a profile, a line each. */
import { lastBackupSeconds, readHistory } from '../../profiles/index.js';
import type { RunRecord } from '../../profiles/index.js';
import { formatLocalTime } from '../../time/index.js';
import type { RunHistoryOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import { Output } from '../output.js';
import { formatSize } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';
import { overdueOf } from './overdue-of.js';

export async function showRunHistory(
  name: string,
  { json, count }: RunHistoryOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log }) => {
    const all = await readHistory(name);
    const shown = count === undefined ? all : count === 0 ? [] : all.slice(-count);
    const output = new Output(process.stdout);
    for (const record of shown) {
      if (json) await output.json(record);
      else await output.line(lineOf(record));
    }
    if (!json) await output.line(lastLine(all));
    await output.end();
    const overdue = await overdueOf(name, all, means.keys);
    if (overdue !== undefined) log.warn(overdue);
    return 0;
  });
}

function lineOf({
  startedSeconds,
  endedSeconds,
  outcome,
  exitCode,
  figures,
  message,
}: RunRecord): string {
  const parts = [
    formatLocalTime(startedSeconds),
    `${outcome}${exitCode === 0 ? '' : ` (${exitCode})`}`.padEnd(12),
    outcome === 'killed' ? '' : `${endedSeconds - startedSeconds} s`,
  ];
  if (figures !== undefined) {
    const { set, kind, newFiles, changedFiles, deletedFiles, storedBytes } = figures;
    parts.push(
      set === null
        ? 'nothing had changed'
        : `${kind}: ${newFiles} new, ${changedFiles} changed, ${deletedFiles} deleted, ${formatSize(storedBytes)} stored`,
    );
  }
  if (message !== undefined) parts.push(message);
  return parts.join('  ').trimEnd();
}

function lastLine(records: readonly RunRecord[]): string {
  if (records.length === 0) return 'It has not run yet.';
  const last = lastBackupSeconds(records);
  return last === undefined
    ? 'No backup was made yet.'
    : `The last backup was made ${formatLocalTime(last)}.`;
}
