/** The changes of the source since the base of the set. */
import { join } from 'node:path';
import { NameTable } from '../../base/index.js';
import { previousTree } from '../../signatures/index.js';
import type { ChainBase } from '../../target/index.js';
import type { BackupOptions, Walk } from '../options.js';
import type { Counts } from '../statistics.js';
import { findChanges } from './changes.js';
import type { Change } from './changes.js';
import { SeenReader, seenFileName } from './seen-file.js';

export interface SourceChanges {
  readonly options: BackupOptions;
  readonly walk: Walk;
  readonly base: ChainBase | undefined;
}

/** Some at a time, in the order of paths; what cannot be read is counted and told. */
export async function* sourceChanges(
  { options, walk, base }: SourceChanges,
  counts: Counts,
): AsyncGenerator<Change[], undefined> {
  const { numericOwner, target, report } = options;
  const seenPath = join(target.archiveFolder, seenFileName);
  const seen = base && (await SeenReader.open(seenPath, base.base.key));
  yield* findChanges({
    walk,
    onUnreadable: ({ path, reason }) => {
      counts.errors += 1;
      report({ level: 'warning', code: 'entry-unreadable', path, reason });
    },
    previous: previousTree(target, base),
    names: numericOwner
      ? { users: undefined, groups: undefined }
      : { users: new NameTable('passwd'), groups: new NameTable('group') },
    seen,
  });
  return undefined;
}
