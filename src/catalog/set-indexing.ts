/** What an index of a set is made from, and what is known of the one that is stored. */
import { DuplifsError } from '../base/index.js';
import type { Catalog, CatalogSet } from './catalog.js';
import type { CatalogEntry } from './entry.js';
import { SetRecords } from './set-records.js';
import { blocksKnown } from './seek-tables.js';
import type { SetVolume } from './set-volumes.js';
import type { TargetCatalog } from './target-catalog.js';

/** A stored index, as a listing has it. */
export interface StoredIndex {
  readonly name: string;
  readonly size: number;
}

type Parts = Pick<TargetCatalog, 'catalog' | 'directory' | 'cataloguer' | 'sets'>;

/** What finds sizes that are not in the catalog yet. */
interface Sizes {
  size(entry: CatalogEntry, priority: 'background', signal?: AbortSignal): Promise<number>;
}

export class SetIndexing {
  readonly #parts: Parts;
  readonly #sizes: Sizes;
  #hasNotes = false;

  constructor(parts: Parts, sizes: Sizes) {
    this.#parts = parts;
    this.#sizes = sizes;
  }

  /** The set's volumes as its manifest names them, which is read where it was not. */
  async volumesOf({ id }: CatalogSet): Promise<readonly SetVolume[]> {
    return (await this.#parts.directory.ofSet(id)).all;
  }

  /** Whether parts of the volume can be read; undefined where nobody knows. */
  hasBlocks({ id }: SetVolume): boolean | undefined {
    return blocksKnown(this.#parts.catalog.connection, id);
  }

  /**
   * All that the catalog has of the set, with every size.
   * @throws DuplifsError INCOMPLETE where a volume was not decoded; DAMAGED where a size cannot be found
   */
  async recordsOf(set: CatalogSet, signal?: AbortSignal): Promise<SetRecords> {
    const { catalog, cataloguer, sets } = this.#parts;
    await sets.list(set.id, signal);
    for (const volume of await this.volumesOf(set)) {
      if (cataloguer.isIndexed(volume)) continue;
      const name = volume.name ?? `volume ${volume.number} of set ${set.key}`;
      throw new DuplifsError('INCOMPLETE', `"${name}" could not be decoded`);
    }
    await catalog.packed.unpackSetInTurn(set.id, signal);
    const records = new SetRecords(catalog, set);
    for (const id of records.unsized()) {
      const entry = catalog.entry(set.id, id);
      if (entry?.setId === set.id) await this.#sizes.size(entry, 'background', signal);
    }
    return records;
  }

  /** Whether the stored index is known to have all that the catalog could give it. */
  isKnown({ id }: CatalogSet, { name, size }: StoredIndex): boolean {
    const known = this.#notes()
      .prepare<[number], { name: string; size: number }>(
        'SELECT name, size FROM stored_indexes WHERE set_id = ?',
      )
      .get(id);
    return known?.name === name && known.size === size;
  }

  /** Notes that the stored index has all that the catalog could give it. */
  note({ id }: CatalogSet, { name, size }: StoredIndex): void {
    this.#notes()
      .prepare('INSERT OR REPLACE INTO stored_indexes VALUES (?, ?, ?)')
      .run(id, name, size);
  }

  /** The connection, once it has the table: only who uploads indexes needs it. */
  #notes(): Catalog['connection'] {
    const { connection } = this.#parts.catalog;
    if (!this.#hasNotes) {
      connection.exec(
        `CREATE TABLE IF NOT EXISTS stored_indexes (
           set_id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL
         )`,
      );
    }
    this.#hasNotes = true;
    return connection;
  }
}
