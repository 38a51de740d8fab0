/** What the commands have to say of trees, worked out the plain way: every path of every tree. */
import type { Recorded, RecordedSet, Tree } from './recorded-trees.js';

export interface ExpectedVersion {
  readonly path: string;
  readonly from: number;
  readonly until: number;
  readonly state: 'current' | 'replaced' | 'deleted';
  readonly recorded: Recorded;
}

/** Every version of every path, those of a path newest first. */
export function expectedVersions(sets: readonly RecordedSet[]): ExpectedVersion[] {
  const paths = new Set(sets.flatMap(({ tree }) => [...tree.keys()]));
  return [...paths].flatMap((path) => {
    const found: ExpectedVersion[] = [];
    for (const [at, { seconds, tree }] of sets.entries()) {
      const recorded = tree.get(path);
      const last = found[0];
      const before = sets[at - 1]?.tree.get(path);
      const isSame = recorded !== undefined && before !== undefined && isAlike(before, recorded);
      if (last !== undefined && last.state === 'current' && !isSame) {
        const until = sets[at - 1]?.seconds ?? 0;
        found[0] = { ...last, until, state: recorded === undefined ? 'deleted' : 'replaced' };
      }
      if (recorded === undefined) continue;
      if (isSame && last !== undefined) found[0] = { ...last, until: seconds };
      else found.unshift({ path, from: seconds, until: seconds, state: 'current', recorded });
    }
    return found;
  });
}

/** What a comparison says: a mark of the kind, and the fields. */
export type ExpectedChanges = Map<string, string>;

export interface CompareRules {
  readonly comparesData: boolean;
  /** Of links only their targets. */
  readonly linksByTarget: boolean;
}

export function expectedChanges(before: Tree, after: Tree, rules: CompareRules): ExpectedChanges {
  const found: ExpectedChanges = new Map();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(path), after.get(path)];
    if (a === undefined || b === undefined) {
      found.set(path, a === undefined ? 'added' : 'removed');
      continue;
    }
    const fields = fieldsOf(a, b, rules);
    if (fields.length === 0) continue;
    const isContent = fields.some(
      (field) =>
        field === 'type' ||
        field === 'size' ||
        field === 'data' ||
        field === 'linkTarget' ||
        (field === 'mtime' && b.type === 'reg' && !(rules.comparesData && a.size === b.size)),
    );
    found.set(path, `${isContent ? 'changed' : 'metadata'} ${fields.sort().join(' ')}`);
  }
  return found;
}

function fieldsOf(
  a: Recorded,
  b: Recorded,
  { comparesData, linksByTarget }: CompareRules,
): string[] {
  if (a.type !== b.type) return ['type'];
  if (a.type === 'sym') {
    if (linksByTarget) return a.link === b.link ? [] : ['linkTarget'];
    const fields = a.link === b.link ? [] : ['linkTarget'];
    return a.uid === b.uid && a.gid === b.gid ? fields : [...fields, 'owner'];
  }
  const fields: string[] = [];
  if (a.size !== b.size) fields.push('size');
  if (a.mtime !== b.mtime) fields.push('mtime');
  if (a.mode !== b.mode) fields.push('mode');
  if (a.uid !== b.uid || a.gid !== b.gid) fields.push('owner');
  if (comparesData && a.size === b.size && a.sha256 !== b.sha256) fields.push('data');
  return fields;
}

/** duplicity gives links the time of the restore, and has no modes of them. */
function isAlike(a: Recorded, b: Recorded): boolean {
  return fieldsOf(a, b, { comparesData: true, linksByTarget: false }).length === 0;
}
