/**
 * Which volumes the manifests that were read name, without all else that is known of each: whether sets are whole is asked
 * of a hundred thousand at once.
 */
import type { ManifestVolume } from '../archive/index.js';
import type { Connection } from './schema.js';
import type { Statement } from '../sqlite/index.js';

type NamedVolume = Pick<ManifestVolume, 'number' | 'hash'>;
type HashRow = readonly [number: number, algorithm: 'SHA1' | 'MD5' | null, hash: string | null];

export class NamedVolumes {
  readonly #ofSet: Statement<[number], HashRow>;
  readonly #connection: Connection;
  readonly #kind: Statement<[number], number>;

  constructor(connection: Connection) {
    this.#ofSet = connection
      .prepare<[number], HashRow>(
        'SELECT number, hash_algorithm, hash FROM volumes WHERE set_id = ? ORDER BY number',
      )
      .raw();
    this.#connection = connection;
    this.#kind = connection
      .prepare<[number], number>('SELECT volumes_known FROM sets WHERE id = ?')
      .pluck();
  }

  /** What a set's manifest names, in order. */
  of(setId: number): NamedVolume[] {
    return this.#ofSet.all(setId).map(([number, algorithm, hex]) => ({
      number,
      hash: hex === null ? undefined : { algorithm: algorithm ?? 'SHA1', hex },
    }));
  }

  /** The numbers of the volumes of all sets whose manifest was read. */
  *ofAll(): Generator<readonly [setId: number, volume: number]> {
    yield* this.#connection
      .prepare<[], [number, number]>('SELECT set_id, number FROM volumes ORDER BY set_id, number')
      .raw()
      .iterate();
  }

  /** As it is stored (`manifestKinds`); undefined for a set that there is not. */
  kindNumber(setId: number): number | undefined {
    return this.#kind.get(setId);
  }
}
