/** The names in `snapshots/`: a folder for each set, which says so when the set is not whole. */
import type { ListedSet } from '../../repository/index.js';
import { formatFolderName } from '../../time/index.js';

const mark = '-incomplete';

/** The folder of a set in `snapshots/`. */
export function snapshotFolder({
  endSeconds,
  isWhole,
}: Pick<ListedSet, 'endSeconds' | 'isWhole'>): string {
  return isWhole ? formatFolderName(endSeconds) : formatFolderName(endSeconds) + mark;
}

/** The set that a name in `snapshots/` stands for. One that lost its name to the mark is still found under it. */
export function findByFolder(
  sets: readonly ListedSet[],
  name: string,
): { readonly listed: ListedSet; readonly isMarked: boolean } | undefined {
  const exact = sets.find((listed) => snapshotFolder(listed) === name);
  if (exact !== undefined) return { listed: exact, isMarked: !exact.isWhole };
  const plain = sets.find(
    ({ set, endSeconds }) => set !== undefined && formatFolderName(endSeconds) === name,
  );
  return plain && { listed: plain, isMarked: false };
}
