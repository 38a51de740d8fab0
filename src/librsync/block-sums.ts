/**
 * The sums of many blocks of one length, four at a time by WebAssembly (wasm/sums-module.ts): 3 times as fast as
 * two at a time in JavaScript, and fast from the first block on. Where vectors are not supported, and for lengths
 * that are no multiple of 64, there is none.
 */
import { sumsBytes, sumsModule } from './wasm/sums-module.js';

const pageBytes = 65536;
/** Blocks go through memory of this size, which stays in the processor's cache. */
const inputBytes = 4 * pageBytes;
const group = 4;
const shortestBlock = 64;
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

interface Kernel {
  sums(at: number, length: number, out: number): void;
}

/** One for all: blocks of whatever length go through the same memory, and the last sums lie behind them. */
interface Shared {
  readonly kernel: Kernel;
  readonly input: Uint8Array;
  /** wordsPerBlock for each. */
  readonly sums: Int32Array;
}

export class BlockSums implements SumsByBlock {
  readonly blockLength: number;
  /** How many blocks `compute` takes at most. */
  readonly capacity: number;
  readonly #kernel: Kernel;
  readonly #input: Uint8Array;
  readonly #sums: Int32Array;

  private constructor(blockLength: number, capacity: number, { kernel, input, sums }: Shared) {
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
    shared ??= share();
    return shared === null ? undefined : new BlockSums(blockLength, capacity, shared);
  }

  /** Sums `count` whole blocks of `bytes` from `at`; they are there until the next call of any. */
  compute(bytes: Uint8Array, at: number, count: number): void {
    const length = this.blockLength;
    this.#input.set(bytes.subarray(at, at + count * length));
    for (let block = 0; block < count; block += group) {
      this.#kernel.sums(block * length, length, inputBytes + block * sumsBytes);
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

/** Null where vectors are not supported. */
let shared: Shared | null | undefined;

function share(): Shared | null {
  const bytes = sumsModule();
  if (!WebAssembly.validate(bytes)) return null;
  const most = inputBytes / shortestBlock;
  const initial = Math.ceil((inputBytes + most * sumsBytes) / pageBytes);
  const memory = new WebAssembly.Memory({ initial });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return {
    kernel: exports as unknown as Kernel,
    input: new Uint8Array(memory.buffer, 0, inputBytes),
    sums: new Int32Array(memory.buffer, inputBytes, most * wordsPerBlock),
  };
}
