/** `--dry-run`: what would be done, by the sizes that lstat shows. */
import type { Change } from './compare/changes.js';
import { sourceChanges } from './compare/source-changes.js';
import type { SourceChanges } from './compare/source-changes.js';
import { noCounts } from './statistics.js';
import type { Counts } from './statistics.js';

/** Counts the changes; no file is read, and nothing is written. */
export async function countChanges(changes: SourceChanges): Promise<Counts> {
  const counts = noCounts();
  for await (const batch of sourceChanges(changes, counts)) {
    changes.options.stop.throwIfAborted();
    for (const change of batch) {
      // the same size and time, in another inode: the backup reads such a file, and mostly finds what it was
      const isSame = change.kind === 'diff' && change.suspected;
      addChange(counts, change, isSame);
      if (!isSame) tell(change, changes.options);
    }
  }
  return counts;
}

const codes = {
  snapshot: 'path-added',
  diff: 'path-changed',
  deleted: 'path-deleted',
} as const;

function tell(change: Change, { report }: SourceChanges['options']): void {
  if (change.kind === 'unchanged') return;
  const path = change.kind === 'deleted' ? change.path : change.source.path;
  report({ level: 'info', code: codes[change.kind], path });
}

function addChange(counts: Counts, change: Change, isSame: boolean): void {
  if (change.kind === 'deleted') {
    counts.deletedFiles += 1;
    return;
  }
  const { size } = change.source;
  counts.sourceFiles += 1;
  counts.sourceFileSize += size;
  if (change.kind === 'snapshot') {
    counts.newFiles += 1;
    counts.newFileSize += size;
  } else if (change.kind === 'diff' && !isSame) {
    counts.changedFiles += 1;
    counts.changedFileSize += size;
  }
}
