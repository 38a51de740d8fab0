/**
 * Reads of volumes that lie decoded in the disk cache, answered at once.
 *
 * Only what is asked for is read and decrypted, so that a reader of random places does not pay for their
 * surroundings; but the second small read from a slot fetches all of it into memory, for who reads small
 * files side by side comes again.
 */
import { LRUCache } from 'lru-cache';
import { noteShortLived } from '../../threads/index.js';
import { slotBytes } from '../slots/slot-file.js';
import type { SlotFile, StoredSlot } from '../slots/slot-file.js';
import type { SlotMemory } from '../slots/slot-memory.js';
import type { KeptSlots } from '../slots/kept-volumes.js';

/** Bytes; who reads more at a time hardly ever comes back to the same slot. */
const smallRead = slotBytes / 4;
const touchedSlots = 64;

export class DecodedReader {
  readonly #memory: SlotMemory;
  readonly #file: SlotFile;
  readonly #slotId: (volumeId: number, index: number) => number;
  /** Slots of which a small part was read a short time ago. */
  readonly #touched = new LRUCache<number, true>({ max: touchedSlots });

  /** `memory` holds slots by what `slotId` makes of them. */
  constructor(
    memory: SlotMemory,
    file: SlotFile,
    slotId: (volumeId: number, index: number) => number,
  ) {
    this.#memory = memory;
    this.#file = file;
    this.#slotId = slotId;
  }

  /** Bytes that all lie in kept slots (holdsRange). They belong to the caller. */
  read(volumeId: number, kept: KeptSlots, offset: number, length: number): Buffer {
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / slotBytes);
      const from = at - index * slotBytes;
      const taken = Math.min(offset + length - at, slotBytes - from);
      parts.push(
        this.#part(this.#slotId(volumeId, index), kept.slots[index - kept.first], from, taken),
      );
      at += taken;
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    noteShortLived(length);
    return Buffer.concat(parts, length);
  }

  #part(id: number, stored: StoredSlot | undefined, from: number, length: number): Buffer {
    const known = this.#memory.part(id, from, length);
    if (known !== undefined) return known;
    if (stored === undefined) return Buffer.alloc(0);
    if (length > smallRead) return this.#file.readSync(stored, from, length);
    if (!this.#touched.has(id)) {
      this.#touched.set(id, true);
      return this.#file.readSync(stored, from, length);
    }
    const slot = this.#file.readSync(stored, 0, stored.length);
    this.#memory.set(id, slot);
    return slot.subarray(from, from + length);
  }
}
