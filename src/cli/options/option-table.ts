/** All rows of the table of options. */
import { commonRows, keyRows, logRows, protectionRows, unusedRows } from './common-rows.js';
import { longName } from './option-row.js';
import type { OptionGroup, OptionRow } from './option-row.js';
import { restoreRows, statusRows, timeRows, verifyRows } from './reading-rows.js';
import { selectionRows } from './selection-rows.js';
import { storageRows } from './storage-rows.js';
import { removalRows, writeRows } from './write-rows.js';

export const optionTable: readonly OptionRow[] = [
  ...commonRows,
  ...logRows,
  ...keyRows,
  ...protectionRows,
  ...timeRows,
  ...restoreRows,
  ...verifyRows,
  ...statusRows,
  ...selectionRows,
  ...writeRows,
  ...removalRows,
  ...storageRows,
  ...unusedRows,
];

export function rowsOf(group: OptionGroup): readonly OptionRow[] {
  return optionTable.filter(({ groups }) => groups.includes(group));
}

/** The rows of duplicity's options, one for each name: what it is called where a command has it first. */
export function duplicityRows(): readonly OptionRow[] {
  const rows = new Map<string, OptionRow>();
  for (const row of optionTable) {
    const name = longName(row);
    if (row.versions.length > 0 && !rows.has(name)) rows.set(name, row);
  }
  return [...rows.values()];
}
