/** Delta maps that are known (DeltaMapper in archive): from an index, or since the delta was read once. */
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

export class DeltaMaps {
  readonly #put: Statement<[setId: number, id: number, map: Buffer, setId: number]>;
  readonly #of: Statement<[setId: number, id: number], Buffer>;
  readonly #remove: Statement<[setId: number, id: number]>;

  constructor(connection: Connection) {
    this.#put = connection.prepare(
      'INSERT OR REPLACE INTO delta_maps SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM sets WHERE id = ?)',
    );
    this.#of = connection
      .prepare<[number, number], Buffer>(
        'SELECT map FROM delta_maps WHERE set_id = ? AND name_id = ?',
      )
      .pluck();
    this.#remove = connection.prepare('DELETE FROM delta_maps WHERE set_id = ? AND name_id = ?');
  }

  /** Notes the map of a version that is a delta, unless its set has vanished meanwhile. */
  put(setId: number, id: number, map: Buffer): void {
    this.#put.run(setId, id, map, setId);
  }

  /** The map of a version; undefined where its delta must be read. */
  of(setId: number, id: number): Buffer | undefined {
    return this.#of.get(setId, id);
  }

  /** Forgets a map that turned out to be none. */
  remove(setId: number, id: number): void {
    this.#remove.run(setId, id);
  }
}
