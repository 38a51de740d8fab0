/** duplicity's selection options for what is restored: as in the backup, against the path of the source. */
import { compilePlan } from '../../source/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import { rulesOf } from '../backup/selection-options.js';
import type { SelectionOptions } from '../backup/selection-options.js';
import { isIn } from './restore-plan.js';

export type Verdict = 'include' | 'exclude' | 'scan';

export type Select = (path: string, entry: SnapshotEntry) => Verdict;

/**
 * What becomes of an entry of the backup; undefined where no option was given, and all is restored. `source` is the
 * folder that was backed up, which patterns begin with.
 */
export function restoreSelection(
  options: SelectionOptions,
  { snapshot, source }: { readonly snapshot: Snapshot; readonly source: string },
): Select | undefined {
  const rules = rulesOf(options);
  if (rules.length === 0) return undefined;
  const { nullSeparator } = options;
  const { selector } = compilePlan({ source, options: rules, nullSeparator });
  const holds = (folder: SnapshotEntry, name: string): boolean =>
    folder.type === 'dir' && snapshot.child(folder.id, name) !== undefined;
  return (path, entry) => {
    if (path === '') return 'include';
    const markers = new Set(selector.markerNames.filter((name) => holds(entry, name)));
    const { type, mtimeSeconds } = entry;
    return selector.verdict({ path, type, mtimeSeconds, onRootDevice: true, markers });
  };
}

/** Leaves out some paths besides. */
export function withoutPaths(
  without: readonly string[],
  select: Select | undefined,
): Select | undefined {
  if (without.length === 0) return select;
  return (path, entry) => {
    if (without.some((one) => isIn(path, one))) return 'exclude';
    return select?.(path, entry) ?? 'include';
  };
}
