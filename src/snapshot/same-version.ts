import type { CatalogEntry } from '../catalog/index.js';

/** Whether a full that stores `b` anew stores what it was before: by all that can be told without a look at the bytes. */
export function isSameVersion(a: CatalogEntry, b: CatalogEntry): boolean {
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.ownerId === b.ownerId &&
    a.mtimeSeconds === b.mtimeSeconds &&
    a.linkTarget === b.linkTarget &&
    a.device?.major === b.device?.major &&
    a.device?.minor === b.device?.minor &&
    (a.size === undefined || b.size === undefined || a.size === b.size)
  );
}
