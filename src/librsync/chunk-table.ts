/**
 * Finds a signature's chunks by their sums: a filter that says "no" to most weak sums in one memory
 * access, before an open-addressing table of chunk numbers, all in typed arrays.
 *
 * The filter is laid open (`filter`, `filterShift`, `filterBit`) for the rolling loop, which asks it
 * for every byte. Each chunk sets two bits of one word (a Bloom filter that costs one cache line).
 */
import { DuplifsError } from '../base/index.js';
import { unusableReason } from './signature.js';
import type { Signature } from './signature.js';

/** Knuth's multiplicative hash: spreads the weak sums, of which the low half is narrow on text. */
export const hashFactor = 0x9e3779b1;

/** The filter has a word for one or two chunks; more would not stay in the processor's cache. */
const minFilterLog2 = 5;
const maxFilterLog2 = 23;
/**
 * How many steps a search takes at most. A chunk whose place is further away is left out: that costs
 * a match at worst, and no crafted signature can make searches long.
 */
const maxProbes = 64;

export class ChunkTable {
  readonly count: number;
  readonly filter: Int32Array;
  readonly filterShift: number;
  readonly #weak: Uint32Array;
  readonly #strong: DataView;
  readonly #strongLength: number;
  /** Chunk numbers plus one; 0 is empty. */
  readonly #slots: Int32Array;
  readonly #slotShift: number;

  /** @throws DuplifsError DAMAGED for a signature of a kind that no delta is made from */
  constructor(signature: Signature) {
    const reason = unusableReason(signature);
    if (reason !== undefined) {
      throw new DuplifsError('DAMAGED', `No delta can be made from the signature: ${reason}`, {
        hint: 'Store the file as a whole',
      });
    }
    this.count = signature.weak.length;
    this.#weak = signature.weak;
    const { buffer, byteOffset, byteLength } = signature.strong;
    this.#strong = new DataView(buffer, byteOffset, byteLength);
    this.#strongLength = signature.strongLength;
    const wordsLog2 = clamp(log2Above(this.count) - 1, minFilterLog2, maxFilterLog2);
    this.filter = new Int32Array(2 ** wordsLog2);
    this.filterShift = 32 - wordsLog2;
    const slotsLog2 = clamp(log2Above(this.count * 2), 4, 31);
    this.#slots = new Int32Array(2 ** slotsLog2);
    this.#slotShift = 32 - slotsLog2;
    for (let chunk = 0; chunk < this.count; chunk += 1) this.#insert(chunk);
  }

  weakOf(chunk: number): number {
    return (this.#weak[chunk] ?? 0) | 0;
  }

  /** The first four bytes of the chunk's strong sum as a little-endian word. */
  strong0Of(chunk: number): number {
    return this.#strong.getInt32(chunk * this.#strongLength, true);
  }

  /** The next four. */
  strong1Of(chunk: number): number {
    return this.#strong.getInt32(chunk * this.#strongLength + 4, true);
  }

  /** Some chunk with this weak sum, -1 when there is none. */
  findWeak(weak: number): number {
    let slot = Math.imul(weak, hashFactor) >>> this.#slotShift;
    for (let probe = 0; probe < maxProbes; probe += 1) {
      const chunk = (this.#slots[slot] ?? 0) - 1;
      if (chunk < 0) return -1;
      if (this.weakOf(chunk) === weak) return chunk;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    return -1;
  }

  /** The first chunk with these sums, -1 when there is none. */
  find(weak: number, strong0: number, strong1: number): number {
    let slot = Math.imul(weak, hashFactor) >>> this.#slotShift;
    for (let probe = 0; probe < maxProbes; probe += 1) {
      const chunk = (this.#slots[slot] ?? 0) - 1;
      if (chunk < 0) return -1;
      if (this.has(chunk, weak, strong0, strong1)) return chunk;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    return -1;
  }

  /** Whether the chunk has these sums. */
  has(chunk: number, weak: number, strong0: number, strong1: number): boolean {
    return (
      this.weakOf(chunk) === weak &&
      this.strong0Of(chunk) === strong0 &&
      this.strong1Of(chunk) === strong1
    );
  }

  /** Puts a chunk into the table, unless one with the same sums is there. */
  #insert(chunk: number): void {
    const weak = this.weakOf(chunk);
    const hash = Math.imul(weak, hashFactor);
    const strong0 = this.strong0Of(chunk);
    const strong1 = this.strong1Of(chunk);
    let slot = hash >>> this.#slotShift;
    for (let probe = 0; probe < maxProbes; probe += 1) {
      const other = (this.#slots[slot] ?? 0) - 1;
      if (other < 0) {
        this.#slots[slot] = chunk + 1;
        const word = hash >>> this.filterShift;
        this.filter[word] = (this.filter[word] ?? 0) | filterMask(hash);
        return;
      }
      if (this.has(other, weak, strong0, strong1)) return;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
  }
}

/** The two bits that a weak sum with this hash has in its word of the filter, which its upper bits choose. */
function filterMask(hash: number): number {
  return (1 << hash) | (1 << (hash >>> 5)); // shifts count modulo 32
}

/** Whether both bits are set in the word: 1, else 0. */
export function filterBit(word: number, hash: number): number {
  return (word >>> hash) & (word >>> (hash >>> 5)) & 1;
}

/** The least power of two that is not below `value`, as its exponent. */
function log2Above(value: number): number {
  return value <= 1 ? 0 : Math.ceil(Math.log2(value));
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
