import type { Repository } from '../repository/index.js';
import { formatLocalTime } from '../time/index.js';

/** The line that every command of duplicity prints first. */
export function lastFullLine(repository: Repository): string {
  const full = repository.sets().find(({ kind }) => kind === 'full');
  return `Last full backup date: ${full === undefined ? 'none' : formatLocalTime(full.endSeconds)}`;
}
