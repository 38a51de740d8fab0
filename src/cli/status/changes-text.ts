/** What sets changed, and which sets changed a file, in duplicity's shapes (docs/format/2-behaviour.md 7.3). Pure. */
import { quote } from '../../archive/index.js';
import type { BackupSet, FileChange } from '../../archive/index.js';
import { formatLocalTime } from '../../time/index.js';

const rule = '-------------------------';
/** The columns are as wide together as their headings, or the longest name needs more. */
const headings = ['File:', 'Type of file change:'] as const;

export interface SetChanges {
  readonly set: BackupSet;
  readonly changes: readonly FileChange[];
}

export function changesLines({ set, changes }: SetChanges): string[] {
  const shown = changes.map(({ path, change }) => ({ name: quote(path), change }));
  const least = headings[0].length;
  const nameWidth = shown.reduce((widest, { name }) => Math.max(widest, name.length), least) + 2;
  const line = (name: string, change: string): string =>
    `${name.padEnd(nameWidth)}${change.padStart(headings[1].length)}`;
  return [
    rule,
    ` Backup set time: ${formatLocalTime(set.times.endSeconds)}`,
    `Total number of changes: ${changes.length}`,
    line(headings[0], headings[1]),
    ...shown.map(({ name, change }) => line(name, change)),
    rule,
  ];
}

export interface FileHistory {
  readonly path: string;
  readonly versions: readonly { readonly set: BackupSet; readonly change: FileChange['change'] }[];
}

export function fileHistoryLines({ path, versions }: FileHistory): string[] {
  return [
    rule,
    `File: ${path}`,
    `Total number of backup: ${versions.length}`,
    columns('Type of backup set:', 'Time:', 'Type of file change:'),
    ...versions.map(({ set: { times }, change }) =>
      columns(
        times.kind === 'full' ? 'Full' : 'Incremental',
        formatLocalTime(times.endSeconds),
        change.slice(0, 1).toUpperCase() + change.slice(1),
      ),
    ),
    rule,
    '',
  ];
}

function columns(kind: string, time: string, change: string): string {
  return `${kind.padStart(20)}   ${time.padStart(30)}   ${change.padStart(20)}`;
}
