/** Removes the rows of sets that are no longer there, a little at a time: a mount may be in use meanwhile. */
import { setImmediate } from 'node:timers/promises';
import type { Connection } from './schema.js';

const namesPerStep = 2000;

/** Removes versions and pieces of the sets in `removed_sets`, and names that nothing needs any more. */
export async function pruneRemovedSets(
  connection: Connection,
  signal?: AbortSignal,
): Promise<void> {
  const ids = connection.prepare<[], number>('SELECT id FROM removed_sets').pluck().all();
  const lastName = connection.prepare<[], number | null>('SELECT max(id) FROM names').pluck().get();
  const removals = ['versions', 'pieces', 'cuts'].map((table) =>
    connection.prepare<[number, number]>(
      `DELETE FROM ${table} WHERE name_id BETWEEN ? AND ?
         AND set_id IN (SELECT id FROM removed_sets)`,
    ),
  );
  const removeNames = connection.prepare<[number, number]>(
    `DELETE FROM names WHERE id BETWEEN ? AND ? AND id <> 1
       AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.name_id = names.id)
       AND NOT EXISTS (SELECT 1 FROM pieces p WHERE p.name_id = names.id)
       AND NOT EXISTS (SELECT 1 FROM packed_entries e WHERE e.folder = names.id)
       AND NOT EXISTS (SELECT 1 FROM names child WHERE child.parent = names.id)`,
  );
  const step = connection.transaction((from: number, to: number) => {
    for (const removal of removals) removal.run(from, to);
    while (removeNames.run(from, to).changes > 0);
  });
  // downwards: what lies in a folder has a greater id than the folder
  for (let to = lastName ?? 0; to > 0; to -= namesPerStep) {
    signal?.throwIfAborted();
    step(to - namesPerStep + 1, to);
    await setImmediate();
  }
  const done = connection.prepare<[number]>('DELETE FROM removed_sets WHERE id = ?');
  for (const id of ids) done.run(id);
}
