/** The sets that the storage had when it was last listed, each with its row in the catalog. */
import type { BackupSet } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import type { Catalog, CatalogSet } from './catalog.js';
import { fullIdOf, nextChainOf } from './schema.js';

export interface KnownSet {
  readonly row: CatalogSet;
  readonly stored: BackupSet;
}

export class KnownSets {
  readonly #catalog: Catalog;
  #sets = new Map<number, KnownSet>();
  /** The same, newest first; and their ids, rising. */
  #newestFirst: readonly CatalogSet[] = [];
  #ids: readonly number[] = [];
  /** Names in the target's folder of the archive dir. */
  localNames: ReadonlySet<string> = new Set();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Takes over a new listing; returns the ids that are gone or now stand for another set. */
  update(
    ids: ReadonlyMap<string, number>,
    sets: readonly BackupSet[],
    localNames: ReadonlySet<string>,
  ): number[] {
    const before = this.#sets;
    const rows = new Map(this.#catalog.sets().map((row) => [row.id, row]));
    this.#sets = new Map();
    this.localNames = localNames;
    for (const stored of sets) {
      const id = ids.get(stored.key);
      const row = id === undefined ? undefined : rows.get(id);
      if (row !== undefined) this.#sets.set(row.id, { row, stored });
    }
    this.#newestFirst = [...this.#sets.values()]
      .map(({ row }) => row)
      .toSorted((a, b) => b.endSeconds - a.endSeconds || b.id - a.id);
    this.#ids = [...this.#sets.keys()].sort((a, b) => a - b);
    return [...before.values()]
      .filter(({ row }) => this.#sets.get(row.id)?.row.key !== row.key)
      .map(({ row }) => row.id);
  }

  get(id: number): KnownSet {
    const set = this.#sets.get(id);
    if (set === undefined) {
      throw new DuplifsError('NO_BACKUP', 'The backup set is no longer on the storage');
    }
    return set;
  }

  /** The ids of the sets of the chain up to a set, by time. */
  upTo(id: number): number[] {
    return this.#ids.slice(indexFrom(this.#ids, fullIdOf(id)), indexFrom(this.#ids, id + 1));
  }

  /** The ids of all sets of the chain that a set belongs to, by time. */
  chainOf(id: number): number[] {
    const from = indexFrom(this.#ids, fullIdOf(id));
    return this.#ids.slice(from, indexFrom(this.#ids, nextChainOf(id)));
  }

  find(id: number): CatalogSet | undefined {
    return this.#sets.get(id)?.row;
  }

  /** For messages. */
  keyOf(id: number): string {
    return this.#sets.get(id)?.row.key ?? String(id);
  }

  /** Newest first. */
  newestFirst(): readonly CatalogSet[] {
    return this.#newestFirst;
  }
}

/** The index of the first of the rising numbers that is at least `least`. */
function indexFrom(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
