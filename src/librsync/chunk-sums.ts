/**
 * The sums of many chunks of one length, four at a time by WebAssembly (wasm/sums-module.ts): 3 times as fast as
 * two at a time in JavaScript, and fast from the first chunk on. Where vectors are not supported, and for lengths
 * that are no multiple of 64, there is none.
 */
import { inputBytes, sharedKernel, shortestChunk, sumsAt } from './wasm/kernel.js';
import type { Kernel, SharedKernel } from './wasm/kernel.js';
import { sumsBytes } from './wasm/sums-module.js';

const group = 4;
/** The weak sum and two words of the strong one. */
export const wordsPerChunk = sumsBytes / 4;

/** Sums of chunks, by their numbers. */
export interface SumsByChunk {
  weak(chunk: number): number;
  /** The first four bytes of the MD4 as a little-endian word. */
  strong0(chunk: number): number;
  /** The next four. */
  strong1(chunk: number): number;
}

export class ChunkSums implements SumsByChunk {
  readonly blockLength: number;
  /** How many chunks `compute` takes at most. */
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

  /** For chunks of this length; undefined where there can be none. */
  static of(blockLength: number): ChunkSums | undefined {
    const capacity = Math.floor(inputBytes / blockLength / group) * group;
    if (blockLength % shortestChunk !== 0 || capacity === 0) return undefined;
    const shared = sharedKernel();
    return shared && new ChunkSums(blockLength, capacity, shared);
  }

  /** Sums `count` whole chunks of `bytes` from `at`; they are there until the next call of any. */
  compute(bytes: Uint8Array, at: number, count: number): void {
    const length = this.blockLength;
    this.#input.set(bytes.subarray(at, at + count * length));
    for (let chunk = 0; chunk < count; chunk += group) {
      this.#kernel.sums(chunk * length, length, sumsAt + chunk * sumsBytes);
    }
  }

  weak(chunk: number): number {
    return this.#sums[chunk * wordsPerChunk] ?? 0;
  }

  strong0(chunk: number): number {
    return this.#sums[chunk * wordsPerChunk + 1] ?? 0;
  }

  strong1(chunk: number): number {
    return this.#sums[chunk * wordsPerChunk + 2] ?? 0;
  }

  /** Those of the first `count` chunks, one behind the other, wordsPerChunk each. */
  words(count: number): Int32Array {
    return this.#sums.subarray(0, count * wordsPerChunk);
  }
}
