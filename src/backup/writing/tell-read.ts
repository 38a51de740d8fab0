import type { Report } from '../../base/index.js';
import type { BackupEvent } from '../events.js';
import type { ReadResult } from '../reading/read-request.js';
import type { Counts } from '../statistics.js';

/** What opening says of a file that the walk has seen and that is gone, or is something else by now. */
const goneCodes: ReadonlySet<string> = new Set([
  ...['ENOENT', 'ENOTDIR', 'ESTALE'],
  ...['ELOOP', 'EINVAL', 'ENXIO'],
]);

/** Tells and counts what went wrong while a file was read: that it moved is another thing than that it cannot be read. */
export function tellRead(
  path: string,
  { failure, changed }: Pick<ReadResult, 'failure' | 'changed'>,
  { report, counts }: { readonly report: Report<BackupEvent>; readonly counts: Counts },
): void {
  if (failure === undefined) {
    if (!changed) return;
    report({ level: 'warning', code: 'file-changed-while-read', path });
    counts.movedFiles += 1;
  } else if (failure.at === 'open' && goneCodes.has(failure.code)) {
    report({ level: 'warning', code: 'file-vanished', path });
    counts.movedFiles += 1;
  } else {
    const code = failure.at === 'open' ? 'file-not-opened' : 'file-cut-short';
    report({ level: 'warning', code, path, reason: failure.code });
    counts.errors += 1;
  }
}
