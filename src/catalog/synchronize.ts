/**
 * Makes the catalog's sets those that the storage has now: new sets get ids behind their chain's last,
 * sets that vanished or were replaced are forgotten with all that was known of them.
 */
import { type BackupSet } from '../archive/index.js';
import { chainOf, setId, type Connection } from './schema.js';

/** Name and size of the manifest as stored: if it changes, it is another set. */
export type Fingerprint = (set: BackupSet) => string;

/**
 * Returns the ids of the sets by their keys. A set keeps its id as long as its fingerprint and all sets
 * before it in its chain stay the same.
 */
export function synchronizeSets(
  connection: Connection,
  chains: readonly (readonly BackupSet[])[],
  fingerprint: Fingerprint,
): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  connection
    .transaction(() => {
      const known = new Map(
        connection
          .prepare<[], { id: number; key: string; fingerprint: string }>(
            'SELECT id, key, fingerprint FROM sets',
          )
          .all()
          .map((row) => [row.key, row]),
      );
      const kept = new Set<number>();
      const added: { id: number; set: BackupSet }[] = [];
      let nextChain = 1 + Math.max(0, ...[...known.values()].map(({ id }) => chainOf(id)));
      for (const sets of chains) {
        const [full] = sets;
        const fullRow = full && known.get(full.key);
        const chain = fullRow === undefined ? nextChain++ : chainOf(fullRow.id);
        let same = fullRow !== undefined;
        for (const [position, set] of sets.entries()) {
          const id = setId(chain, position);
          const row = known.get(set.key);
          same &&= row?.id === id && row.fingerprint === fingerprint(set);
          ids.set(set.key, id);
          if (same) kept.add(id);
          else added.push({ id, set });
        }
      }
      forgetSets(
        connection,
        [...known.values()].map(({ id }) => id).filter((id) => !kept.has(id)),
      );
      const add = connection.prepare(
        'INSERT INTO sets (id, key, kind, start_seconds, end_seconds, fingerprint) VALUES (?, ?, ?, ?, ?, ?)',
      );
      for (const { id, set } of added) {
        const { times } = set;
        const start = times.kind === 'full' ? times.endSeconds : times.startSeconds;
        add.run(id, set.key, times.kind, start, times.endSeconds, fingerprint(set));
      }
    })
    .immediate();
  return ids;
}

/** Removes sets with their volumes, versions and pieces, and the names that only they had. */
function forgetSets(connection: Connection, ids: readonly number[]): void {
  if (ids.length === 0) return;
  for (const table of ['pieces', 'versions', 'volumes']) {
    const remove = connection.prepare(`DELETE FROM ${table} WHERE set_id = ?`);
    for (const id of ids) remove.run(id);
  }
  for (const id of ids) connection.prepare('DELETE FROM sets WHERE id = ?').run(id);
  const prune = connection.prepare(`
    DELETE FROM names WHERE id <> 1
      AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.name_id = names.id)
      AND NOT EXISTS (SELECT 1 FROM names child WHERE child.parent = names.id)`);
  while (prune.run().changes > 0);
}

/** Forgets what a fill that did not end has written for a set. */
export function clearListing(connection: Connection, id: number): void {
  connection.prepare('DELETE FROM versions WHERE set_id = ?').run(id);
  connection.prepare('DELETE FROM pieces WHERE set_id = ?').run(id);
  connection.prepare('UPDATE volumes SET catalogued = 0 WHERE set_id = ?').run(id);
}
