/**
 * The sums of many blocks of one length, four at a time by WebAssembly (wasm/sums-module.ts): 3 times as fast as
 * two at a time in JavaScript, and fast from the first block on. Where vectors are not supported, and for lengths
 * that are no multiple of 64, there is none.
 */
import { inputBytes, sharedKernel, shortestBlock, sumsAt } from './wasm/kernel.js';
import type { Kernel, SharedKernel } from './wasm/kernel.js';
import { sumsBytes } from './wasm/sums-module.js';

const group = 4;
/** The weak sum and two words of the strong one. */
export const wordsPerBlock = sumsBytes / 4;

/** Sums of blocks, by their numbers. */
export interface SumsByBlock {
  weak(block: number): number;
  /** The first four bytes of the MD4 as a little-endian word. */
  strong0(block: number): number;
  /** The next four. */
  strong1(block: number): number;
}

export class BlockSums implements SumsByBlock {
  readonly blockLength: number;
  /** How many blocks `compute` takes at most. */
  readonly capacity: number;
  readonly #kernel: Kernel;
  readonly #input: Uint8Array;
  readonly #sums: Int32Array;

  private constructor(
    blockLength: number,
    capacity: number,
    { kernel, input, sums }: SharedKernel,
  ) {
    this.blockLength = blockLength;
    this.capacity = capacity;
    this.#kernel = kernel;
    this.#input = input;
    this.#sums = sums;
  }

  /** For blocks of this length; undefined where there can be none. */
  static of(blockLength: number): BlockSums | undefined {
    const capacity = Math.floor(inputBytes / blockLength / group) * group;
    if (blockLength % shortestBlock !== 0 || capacity === 0) return undefined;
    const shared = sharedKernel();
    return shared && new BlockSums(blockLength, capacity, shared);
  }

  /** Sums `count` whole blocks of `bytes` from `at`; they are there until the next call of any. */
  compute(bytes: Uint8Array, at: number, count: number): void {
    const length = this.blockLength;
    this.#input.set(bytes.subarray(at, at + count * length));
    for (let block = 0; block < count; block += group) {
      this.#kernel.sums(block * length, length, sumsAt + block * sumsBytes);
    }
  }

  weak(block: number): number {
    return this.#sums[block * wordsPerBlock] ?? 0;
  }

  strong0(block: number): number {
    return this.#sums[block * wordsPerBlock + 1] ?? 0;
  }

  strong1(block: number): number {
    return this.#sums[block * wordsPerBlock + 2] ?? 0;
  }

  /** Those of the first `count` blocks, one behind the other, wordsPerBlock each. */
  words(count: number): Int32Array {
    return this.#sums.subarray(0, count * wordsPerBlock);
  }
}
