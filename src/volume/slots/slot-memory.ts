/**
 * Plaintext kept in memory, a slot or a block of a volume under each id, those used last. The memory is
 * taken once, in pieces of a slot's size, and used again: buffers that come and go at the rate of a fast reader make V8
 * collect garbage for a fifth of the time (docs/performance.md, "Profile"). So nobody is ever handed the memory
 * itself, only copies.
 */
import { slotBytes } from './slot-file.js';

/** What is in memory under one id. */
export interface KeptInMemory {
  /** All but the last are full. */
  readonly slots: readonly Buffer[];
  readonly length: number;
  /** Where the last byte lies that somebody has read, plus one. */
  readTo: number;
}

export class SlotMemory {
  readonly #maxSlots: number;
  readonly #onEvict: (id: number, kept: KeptInMemory) => void;
  /** By its id, the one used last at the end. */
  readonly #kept = new Map<number, KeptInMemory>();
  /** Taken, and not in use. */
  readonly #free: Buffer[] = [];
  #taken = 0;

  /**
   * Keeps at most `maxBytes`, and at least one slot. What has to go for others is shown to `onEvict` before its memory is
   * used again.
   */
  constructor(
    maxBytes: number,
    onEvict: (id: number, kept: KeptInMemory) => void = () => undefined,
  ) {
    this.#maxSlots = Math.max(1, Math.floor(maxBytes / slotBytes));
    this.#onEvict = onEvict;
  }

  has(id: number): boolean {
    return this.#kept.has(id);
  }

  /** A copy of what is kept. */
  get(id: number): Buffer | undefined {
    return this.part(id, 0, Infinity);
  }

  /** A copy of a part of it: fewer than `length` bytes only at its end. */
  part(id: number, from: number, length: number): Buffer | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    const end = Math.min(from + length, kept.length);
    if (end > kept.readTo) kept.readTo = end;
    const first = Math.floor(from / slotBytes);
    const slot = kept.slots[first];
    if (slot === undefined || from >= end) return Buffer.alloc(0);
    const start = first * slotBytes;
    if (end <= start + slotBytes) return Buffer.from(slot.subarray(from - start, end - start));
    const part = Buffer.allocUnsafeSlow(end - from);
    for (let index = first; index * slotBytes < end; index += 1) {
      const at = index * slotBytes;
      const begin = Math.max(from, at);
      kept.slots[index]?.copy(part, begin - from, begin - at, Math.min(end - at, slotBytes));
    }
    return part;
  }

  /** That somebody who was given the bytes otherwise has read them up to there. */
  noteRead(id: number, to: number): void {
    const kept = this.#kept.get(id);
    if (kept !== undefined && to > kept.readTo) kept.readTo = Math.min(to, kept.length);
  }

  /** Keeps a copy, for which others may have to go; what is longer than all memory is not kept. */
  set(id: number, bytes: Buffer): void {
    this.#drop(id);
    const count = Math.max(1, Math.ceil(bytes.length / slotBytes));
    if (count > this.#maxSlots) return;
    const slots = Array.from({ length: count }, (_, index) => {
      const slot = this.#slot();
      bytes.copy(slot, 0, index * slotBytes);
      return slot;
    });
    this.#kept.set(id, { slots, length: bytes.length, readTo: 0 });
  }

  clear(): void {
    this.#kept.clear();
    this.#free.length = 0;
    this.#taken = 0;
  }

  /** A slot to be filled: one that is free, or of what was not used for longest where all are taken. */
  #slot(): Buffer {
    if (this.#free.length === 0 && this.#taken >= this.#maxSlots) {
      const [oldest] = this.#kept;
      if (oldest !== undefined) {
        this.#onEvict(oldest[0], oldest[1]);
        this.#drop(oldest[0]);
      }
    }
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#taken += 1;
    return Buffer.allocUnsafeSlow(slotBytes);
  }

  #drop(id: number): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#kept.delete(id);
    for (const slot of kept.slots) this.#free.push(slot);
  }
}
