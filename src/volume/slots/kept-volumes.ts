/**
 * The decoded volumes whose slots lie in the disk cache. When there is no room, the volume that was not used for longest
 * gives up its slots, unless it is pinned; what is given up while a reader uses it is freed when that is done.
 */
import { LRUCache } from 'lru-cache';
import { slotBytes } from './slot-file.js';
import type { SlotFile, StoredSlot } from './slot-file.js';

/** The slots of a decoded volume, or a window of them. */
export interface KeptSlots {
  /** Of the volume's plaintext, in bytes. */
  readonly length: number;
  /** Index of the first slot that was kept. */
  readonly first: number;
  readonly slots: readonly StoredSlot[];
}

export interface KeptVolume extends KeptSlots {
  /** Readers that are using a slot now; the slots are freed once it is 0 and the volume is evicted. */
  pins: number;
  evicted: boolean;
}

const maxVolumes = 100_000;

export class KeptVolumes {
  readonly #file: SlotFile;
  readonly #volumes: LRUCache<number, KeptVolume>;

  /** All slots lie in that file. */
  constructor(file: SlotFile) {
    this.#file = file;
    this.#volumes = new LRUCache({
      max: Math.min(maxVolumes, file.capacity), // memory for as many is taken at once
      dispose: (volume) => {
        volume.evicted = true;
        this.#release(volume);
      },
    });
  }

  /** The volume, which counts as used now. */
  get(volumeId: number): KeptVolume | undefined {
    return this.#volumes.get(volumeId);
  }

  has(volumeId: number): boolean {
    return this.#volumes.has(volumeId);
  }

  /** Adds a volume that is pinned once: `unpin` it when all who waited for it have had their turn. */
  add(volumeId: number, kept: KeptSlots): KeptVolume {
    const volume: KeptVolume = { ...kept, pins: 1, evicted: false };
    this.#volumes.set(volumeId, volume);
    return volume;
  }

  remove(volumeId: number): void {
    this.#volumes.delete(volumeId);
  }

  /** Gives up the volume that was not used for longest; false when all are in use. */
  evict(): boolean {
    for (const id of this.#volumes.rkeys()) {
      if (this.#volumes.peek(id)?.pins === 0) return this.#volumes.delete(id);
    }
    return false;
  }

  /** The bytes of a slot that the volume holds (`holdsSlot`); empty behind its end. */
  async slot(volume: KeptVolume, index: number): Promise<Buffer> {
    const stored = volume.slots[index - volume.first];
    if (stored === undefined) return Buffer.alloc(0);
    volume.pins += 1;
    try {
      return await this.#file.get(stored);
    } finally {
      this.unpin(volume);
    }
  }

  unpin(volume: KeptVolume): void {
    volume.pins -= 1;
    this.#release(volume);
  }

  clear(): void {
    this.#volumes.clear();
  }

  #release(volume: KeptVolume): void {
    if (!volume.evicted || volume.pins > 0) return;
    for (const slot of volume.slots) this.#file.free(slot);
    (volume.slots as StoredSlot[]).length = 0;
  }
}

/** Whether the slot is kept, or lies behind the volume's end. */
export function holdsSlot({ length, first, slots }: KeptSlots, index: number): boolean {
  if (index * slotBytes >= length) return true;
  return index >= first && index < first + slots.length;
}

/** Whether all of a range of the plaintext lies in slots that are kept. */
export function holdsRange(kept: KeptSlots, offset: number, length: number): boolean {
  if (offset + length > kept.length) return false;
  const last = Math.floor((offset + length - 1) / slotBytes);
  return offset >= kept.first * slotBytes && last < kept.first + kept.slots.length;
}
