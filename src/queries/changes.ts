/** In what two versions of a path are not the same, by all that a backup says of them without their bytes. */
import type { SnapshotEntry } from '../snapshot/index.js';

/**
 * In what two versions differ. `stored` alone: all that is visible is the same, but the backup stored the file anew, as it
 * does when its change time tells of a change.
 */
export type Field =
  'type' | 'size' | 'mtime' | 'mode' | 'owner' | 'linkTarget' | 'device' | 'data' | 'stored';

/** `metadata`: what the path holds is the same, and its mode, owner or, but of regular files, its time is not. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'metadata';

/** What both sides of a comparison have, be they of a backup or of a folder. */
export interface Comparable {
  readonly type: SnapshotEntry['type'];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly linkTarget?: string | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  /** In bytes; undefined for a regular file whose volumes were not seen yet. */
  readonly size: number | undefined;
  /** An upper bound of a size that is not known; 0 where nothing is. */
  readonly sizeLimit?: number;
}

/** A path of which two trees, or a tree and a folder, do not say the same. */
export interface Change {
  /** In the backup; '' for its root. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly before: Comparable | undefined;
  readonly after: Comparable | undefined;
  /** None where one side does not have the path. */
  readonly fields: readonly Field[];
}

/** The fields that differ, but for data; sizes only where both are known. Of a change of type nothing else is told. */
export function differingFields(a: Comparable, b: Comparable): Field[] {
  if (a.type !== b.type) return ['type'];
  const differing: Field[] = [];
  const isFile = a.type === 'reg';
  if (isFile && a.size !== undefined && b.size !== undefined && a.size !== b.size) {
    differing.push('size');
  }
  if (a.mtimeSeconds !== b.mtimeSeconds) differing.push('mtime');
  if (a.mode !== b.mode) differing.push('mode');
  if (a.uid !== b.uid || a.gid !== b.gid) differing.push('owner');
  if (a.linkTarget !== b.linkTarget) differing.push('linkTarget');
  if (a.device?.major !== b.device?.major || a.device?.minor !== b.device?.minor) {
    differing.push('device');
  }
  return differing;
}

/**
 * What a difference is called; undefined where there is none. A regular file with another time counts as changed, unless
 * its bytes were compared.
 */
export function changeOf(
  type: SnapshotEntry['type'],
  differing: readonly Field[],
  wereBytesCompared: boolean,
): 'changed' | 'metadata' | undefined {
  if (differing.length === 0) return undefined;
  const isContent = (field: Field): boolean => {
    if (field === 'mtime') return type === 'reg' && !wereBytesCompared;
    return field !== 'mode' && field !== 'owner';
  };
  return differing.some(isContent) ? 'changed' : 'metadata';
}
