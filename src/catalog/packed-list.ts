/**
 * A list that is written once and read once, in order, and takes little memory: all but its newest items
 * lie in it serialized and deflated, some 30 bytes for an entry of a backup.
 */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** So few that packing them takes a few milliseconds. */
const itemsPerPack = 2000;

export class PackedList<T> implements Iterable<T> {
  readonly #packs: Buffer[] = [];
  #newest: T[] = [];

  /** Adds an item of plain values. */
  push(item: T): void {
    if (this.#newest.length === itemsPerPack) {
      this.#packs.push(deflateRawSync(serialize(this.#newest), { level: 1 }));
      this.#newest = [];
    }
    this.#newest.push(item);
  }

  /** The items in the order in which they came; copies, but for the newest. */
  *[Symbol.iterator](): Generator<T> {
    for (const pack of this.#packs) yield* deserialize(inflateRawSync(pack)) as T[];
    yield* this.#newest;
  }
}
