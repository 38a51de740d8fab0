/**
 * Plaintext kept in memory, a slot or a block of a volume under each id, those used last. The memory is
 * taken once and used again: buffers that come and go at the rate of a fast reader make V8 collect
 * garbage for a fifth of the time (docs/performance.md, "Profile"). So nobody is ever handed the memory
 * itself, only copies.
 */
import { slotBytes } from './slot-file.js';

interface Kept {
  readonly memory: Buffer;
  readonly length: number;
}

export class SlotMemory {
  readonly #maxSlots: number;
  /** By its id, the one used last at the end. */
  readonly #slots = new Map<number, Kept>();

  /** Keeps at most `maxBytes`, and at least one slot. */
  constructor(maxBytes: number) {
    this.#maxSlots = Math.max(1, Math.floor(maxBytes / slotBytes));
  }

  has(id: number): boolean {
    return this.#slots.has(id);
  }

  /** A copy of what is kept. */
  get(id: number): Buffer | undefined {
    return this.part(id, 0, Infinity);
  }

  /** A copy of a part of it: fewer than `length` bytes only at its end. */
  part(id: number, from: number, length: number): Buffer | undefined {
    const kept = this.#slots.get(id);
    if (kept === undefined) return undefined;
    this.#slots.delete(id);
    this.#slots.set(id, kept);
    return Buffer.from(kept.memory.subarray(from, Math.min(from + length, kept.length)));
  }

  /** Keeps a copy; more than slotBytes, a block that only others write, is not kept. */
  set(id: number, bytes: Buffer): void {
    if (bytes.length > slotBytes) return;
    const memory = this.#room(id);
    bytes.copy(memory);
    this.#slots.set(id, { memory, length: bytes.length });
  }

  clear(): void {
    this.#slots.clear();
  }

  /** Memory for one slot: its own before, or that of the slot that was not used for longest. */
  #room(id: number): Buffer {
    const isFull = this.#slots.size >= this.#maxSlots;
    const [oldest] = this.#slots.keys();
    const given = isFull && !this.#slots.has(id) ? (oldest ?? id) : id;
    const memory = this.#slots.get(given)?.memory;
    this.#slots.delete(given);
    return memory ?? Buffer.allocUnsafeSlow(slotBytes);
  }
}
