/**
 * A file version as extents: runs of its bytes, in order, each lying in one volume's plaintext. Kept in
 * typed arrays, for a large file has very many (one a 64 KiB piece).
 */
import { DuplifsError } from '../base/index.js';
import type { PlaceChecks } from './place-checks.js';
import type { Run } from './runs.js';

/** More would be a file of some 500 GiB in pieces of 64 KiB, or a delta made to fill memory. */
const maxExtents = 2 ** 23;

export class Extents {
  /** What is to be checked before bytes of an extent are served; none where the volumes themselves gave the places. */
  readonly checks: readonly PlaceChecks[];
  readonly count: number;
  /** Bytes in the file. */
  readonly length: number;
  readonly #ends: Float64Array;
  readonly #volumes: Float64Array;
  readonly #offsets: Float64Array;

  constructor(
    count: number,
    arrays: { ends: Float64Array; volumes: Float64Array; offsets: Float64Array },
    checks: readonly PlaceChecks[] = [],
  ) {
    const { ends, volumes, offsets } = arrays;
    this.checks = checks;
    this.count = count;
    this.length = count === 0 ? 0 : (ends[count - 1] ?? 0);
    this.#ends = ends;
    this.#volumes = volumes;
    this.#offsets = offsets;
  }

  /** A file that lies in one run, as most do. */
  static ofRun({ volumeId, offset, length }: Run, checks?: readonly PlaceChecks[]): Extents {
    return new Extents(
      length === 0 ? 0 : 1,
      {
        ends: Float64Array.of(length),
        volumes: Float64Array.of(volumeId),
        offsets: Float64Array.of(offset),
      },
      checks,
    );
  }

  /** Calls `visit` for each run of [offset, offset + length), which must lie in the file, in order. */
  slice(
    offset: number,
    length: number,
    visit: (volumeId: number, volumeOffset: number, length: number) => void,
  ): void {
    const end = offset + length;
    for (let index = this.#find(offset), at = offset; at < end; index += 1) {
      const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
      const stop = Math.min(end, this.#ends[index] ?? 0);
      visit(this.#volumes[index] ?? 0, (this.#offsets[index] ?? 0) + (at - start), stop - at);
      at = stop;
    }
  }

  /** The ids of the volumes that hold the bytes. */
  volumeIds(): Set<number> {
    return new Set(this.#volumes.subarray(0, this.count));
  }

  /** The index of the extent that holds the byte at `offset`. */
  #find(offset: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Collects extents; runs that follow each other in a volume become one. */
export class ExtentsBuilder {
  #ends = new Float64Array(8);
  #volumes = new Float64Array(8);
  #offsets = new Float64Array(8);
  #count = 0;
  #length = 0;

  add(volumeId: number, offset: number, length: number): void {
    if (length === 0) return;
    const last = this.#count - 1;
    const lastLength = this.#length - (last > 0 ? (this.#ends[last - 1] ?? 0) : 0);
    this.#length += length;
    if (
      last >= 0 &&
      this.#volumes[last] === volumeId &&
      (this.#offsets[last] ?? 0) + lastLength === offset
    ) {
      this.#ends[last] = this.#length;
      return;
    }
    if (this.#count === this.#ends.length) this.#grow();
    this.#ends[this.#count] = this.#length;
    this.#volumes[this.#count] = volumeId;
    this.#offsets[this.#count] = offset;
    this.#count += 1;
  }

  build(checks?: readonly PlaceChecks[]): Extents {
    const trim = (array: Float64Array): Float64Array => array.slice(0, this.#count);
    const arrays = {
      ends: trim(this.#ends),
      volumes: trim(this.#volumes),
      offsets: trim(this.#offsets),
    };
    return new Extents(this.#count, arrays, checks);
  }

  #grow(): void {
    if (this.#count >= maxExtents) {
      throw new DuplifsError('DAMAGED', `A file is cut into more than ${maxExtents} runs`);
    }
    const larger = (array: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(array.length * 2);
      grown.set(array);
      return grown;
    };
    this.#ends = larger(this.#ends);
    this.#volumes = larger(this.#volumes);
    this.#offsets = larger(this.#offsets);
  }
}
