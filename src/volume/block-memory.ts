/**
 * Plaintext blocks kept in memory, those used last. The memory is taken once and used again: buffers that
 * come and go at the rate of a fast reader make V8 collect garbage for a fifth of the time
 * (docs/performance.md, "Profile"). So nobody is ever handed the memory itself, only copies.
 */
import { blockLength } from './block-arena.js';

interface Kept {
  readonly memory: Buffer;
  readonly length: number;
}

export class BlockMemory {
  readonly #maxBlocks: number;
  /** By the block's id, the one used last at the end. */
  readonly #blocks = new Map<number, Kept>();

  /** Keeps at most `maxBytes`, and at least one block. */
  constructor(maxBytes: number) {
    this.#maxBlocks = Math.max(1, Math.floor(maxBytes / blockLength));
  }

  has(id: number): boolean {
    return this.#blocks.has(id);
  }

  /** A copy of a block. */
  get(id: number): Buffer | undefined {
    return this.part(id, 0, Infinity);
  }

  /** A copy of a part of a block: fewer than `length` bytes only at its end. */
  part(id: number, from: number, length: number): Buffer | undefined {
    const kept = this.#blocks.get(id);
    if (kept === undefined) return undefined;
    this.#blocks.delete(id);
    this.#blocks.set(id, kept);
    return Buffer.from(kept.memory.subarray(from, Math.min(from + length, kept.length)));
  }

  /** Keeps a copy of a block; one of more than blockLength bytes, which only others write, is not kept. */
  set(id: number, block: Buffer): void {
    if (block.length > blockLength) return;
    const memory = this.#room(id);
    block.copy(memory);
    this.#blocks.set(id, { memory, length: block.length });
  }

  clear(): void {
    this.#blocks.clear();
  }

  /** Memory for one block: its own before, or that of the block that was not used for longest. */
  #room(id: number): Buffer {
    const isFull = this.#blocks.size >= this.#maxBlocks;
    const [oldest] = this.#blocks.keys();
    const given = isFull && !this.#blocks.has(id) ? (oldest ?? id) : id;
    const memory = this.#blocks.get(given)?.memory;
    this.#blocks.delete(given);
    return memory ?? Buffer.allocUnsafeSlow(blockLength);
  }
}
