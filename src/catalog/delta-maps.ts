/** Delta maps that are known (DeltaMapper in archive): from an index, or since the delta was read once. */
import type { Connection } from './schema.js';

/** Notes the map of a version that is a delta, unless its set has vanished meanwhile. */
export function putDeltaMap(connection: Connection, setId: number, id: number, map: Buffer): void {
  connection
    .prepare<[number, number, Buffer, number]>(
      'INSERT OR REPLACE INTO delta_maps SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM sets WHERE id = ?)',
    )
    .run(setId, id, map, setId);
}

/** The map of a version; undefined where its delta must be read. */
export function deltaMapOf(connection: Connection, setId: number, id: number): Buffer | undefined {
  return connection
    .prepare<[number, number], Buffer>(
      'SELECT map FROM delta_maps WHERE set_id = ? AND name_id = ?',
    )
    .pluck()
    .get(setId, id);
}

/** Forgets a map that turned out to be none. */
export function removeDeltaMap(connection: Connection, setId: number, id: number): void {
  connection
    .prepare<[number, number]>('DELETE FROM delta_maps WHERE set_id = ? AND name_id = ?')
    .run(setId, id);
}
