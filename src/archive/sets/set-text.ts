import { formatLocalTime } from '../../time/index.js';
import type { BackupSet } from './sets.js';

/** "full of Tue Nov 14 22:13:20 2023". */
export function setText({ times }: BackupSet): string {
  const kind = times.kind === 'full' ? 'full' : 'incremental';
  return `${kind} of ${formatLocalTime(times.endSeconds)}`;
}

export function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
