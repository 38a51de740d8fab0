/** Entries of the catalog as a snapshot shows them. */
import type { Catalog, CatalogEntry, ListSource } from '../catalog/index.js';
import type { OwnerMap } from './owners.js';
import type { SnapshotEntry } from './entry.js';

/** The entry with the owner that it has on this machine. */
export function ownedEntry(
  entry: CatalogEntry,
  catalog: Pick<Catalog, 'owner'>,
  owners: OwnerMap,
): SnapshotEntry {
  const { uid, gid } = owners.ids(catalog.owner(entry.ownerId));
  // field by field: a spread costs more than the query that found the row (docs/performance.md)
  return {
    id: entry.id,
    name: entry.name,
    parentId: entry.parentId,
    setId: entry.setId,
    kind: entry.kind,
    type: entry.type,
    proven: entry.proven,
    mode: entry.mode,
    ownerId: entry.ownerId,
    mtimeSeconds: entry.mtimeSeconds,
    size: entry.size,
    sizeLimit: entry.sizeLimit,
    linkTarget: entry.linkTarget,
    device: entry.device,
    uid,
    gid,
  };
}

/** What an entry is known from. */
export function listSourceOf(
  entry: Pick<CatalogEntry, 'proven' | 'setId'>,
  catalog: Pick<Catalog, 'listOf'>,
): ListSource {
  if (!entry.proven) return 'signatures';
  return catalog.listOf(entry.setId)?.source === 'index' ? 'index' : 'volumes';
}
