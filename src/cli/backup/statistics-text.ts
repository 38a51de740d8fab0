/** The statistics that a backup prints at its end, as duplicity does (docs/format/2-behaviour.md 7.1). */
import { deltaEntries } from '../../backup/index.js';
import type { Statistics } from '../../backup/index.js';
import { formatLocalTime } from '../../time/index.js';

export function formatStatistics(statistics: Statistics): string {
  const { startTime, endTime } = statistics;
  const elapsed = endTime - startTime;
  const clock = (seconds: number): string =>
    `${seconds.toFixed(2)} (${formatLocalTime(Math.floor(seconds))})`;
  const size = (bytes: number): string => `${bytes} (${humanSize(bytes)})`;
  const s = statistics;
  return [
    '--------------[ Backup Statistics ]--------------',
    `StartTime ${clock(startTime)}`,
    `EndTime ${clock(endTime)}`,
    `ElapsedTime ${elapsed.toFixed(2)} (${humanTime(elapsed)})`,
    `SourceFiles ${s.sourceFiles}`,
    `SourceFileSize ${size(s.sourceFileSize)}`,
    `NewFiles ${s.newFiles}`,
    `NewFileSize ${size(s.newFileSize)}`,
    `DeletedFiles ${s.deletedFiles}`,
    `ChangedFiles ${s.changedFiles}`,
    `ChangedFileSize ${size(s.changedFileSize)}`,
    `ChangedDeltaSize ${size(0)}`,
    `DeltaEntries ${deltaEntries(s)}`,
    `RawDeltaSize ${size(s.rawDeltaSize)}`,
    `TotalDestinationSizeChange ${size(s.totalDestinationSizeChange)}`,
    `Errors ${s.errors}`,
    '-------------------------------------------------',
    '',
  ].join('\n');
}

/** Three digits and a binary unit. */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(decimals)} ${units[unit] ?? ''}`;
}

function humanTime(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, length] of [
    ['day', 86400],
    ['hour', 3600],
    ['minute', 60],
  ] as const) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  parts.push(`${left.toFixed(2)} seconds`);
  return parts.join(' ');
}
