import type { Catalog } from './catalog.js';
import { provenStates } from './entry-writer.js';

/**
 * Makes hints of all that an index has said of a set, as if its signatures had: its volumes are recorded anew from
 * their own bytes. In one transaction, for nobody may read by places that are no longer believed. Sizes become
 * limits (Catalog.sizeLimit).
 *
 * Returns false when the set is not listed from an index, or not any more.
 */
export function distrustIndex(catalog: Catalog, setId: number): boolean {
  const { connection } = catalog;
  const statements = [
    `UPDATE versions SET proven = ${provenStates.hint}, size_limit = coalesce(size, size_limit),
       kind = CASE kind WHEN 0 THEN 0 ELSE 3 END, size = CASE type WHEN 0 THEN NULL ELSE size END
     WHERE set_id = ?`,
    'DELETE FROM pieces WHERE set_id = ?',
    'DELETE FROM delta_maps WHERE set_id = ?',
    'DELETE FROM volume_tables WHERE set_id = ?',
    'DELETE FROM seek_points WHERE set_id = ?',
    'UPDATE volumes SET catalogued = 0 WHERE set_id = ?',
    "UPDATE sets SET listed_from = 'signatures' WHERE id = ?",
  ].map((sql) => connection.prepare<[number]>(sql));
  return connection.transaction(() => {
    if (catalog.listOf(setId)?.source !== 'index') return false;
    catalog.packed.unpackSet(setId);
    for (const statement of statements) statement.run(setId);
    return true;
  })();
}
