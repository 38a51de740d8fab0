/** Whether a path of the source is still what the last set says (docs/format/2-behaviour.md 2). */
import type { NameTable } from '../../base/index.js';
import type { PreviousEntry } from '../../signatures/index.js';
import type { WalkEntry } from '../../source/index.js';

/** The names of this machine; undefined with `--numeric-owner`. */
export interface OwnerNames {
  readonly users: NameTable | undefined;
  readonly groups: NameTable | undefined;
}

/** Whether type, rights, owner and what else duplicity compares are equal; not the content. */
export function sameMetadata(
  source: WalkEntry,
  previous: PreviousEntry,
  names: OwnerNames,
): boolean {
  if (source.type !== previous.type) return false;
  if (source.type === 'sym') return source.linkTarget === previous.linkTarget;
  const isSameOwner =
    source.mode === previous.mode &&
    source.uid === idOf(names.users, previous.userName, previous.uid) &&
    source.gid === idOf(names.groups, previous.groupName, previous.gid);
  if (!isSameOwner) return false;
  if (source.type === 'chr' || source.type === 'blk') {
    return (
      source.device?.major === previous.device?.major &&
      source.device?.minor === previous.device?.minor
    );
  }
  return (
    source.mtimeSeconds === previous.mtimeSeconds ||
    (source.mtimeSeconds <= 0 && previous.mtimeSeconds <= 0)
  );
}

function idOf(table: NameTable | undefined, name: string, id: number): number {
  return table?.id(name) ?? id;
}
