import { DuplifsError } from '../../base/index.js';
import type { KeptSlots } from './kept-volumes.js';
import { slotBytes } from './slot-file.js';
import type { SlotFile, StoredSlot } from './slot-file.js';
import { slotsPerVolume } from './slot-ids.js';

/** Slots of one pass that are written into the cache at the same time. */
const maxPuts = 4;

export interface SlotKeeperOptions {
  readonly slots: SlotFile;
  /** The first slot to be kept. */
  readonly first: number;
  /** Frees slots of others; false when there are none to free. */
  readonly makeRoom: () => boolean;
  /** What errors call the volume. */
  readonly name: string;
}

/** Cuts a plaintext into slots and stores those from `first` on, as many as there is room for. */
export class SlotKeeper {
  readonly #options: SlotKeeperOptions;
  /** Undefined where the disk had no room: what follows is of no use. */
  readonly #stored: (StoredSlot | undefined)[] = [];
  /** Slots on their way into the cache: while they are written, the next ones are decoded. */
  readonly #puts: Promise<void>[] = [];
  #putCount = 0;
  readonly #buffer = Buffer.allocUnsafeSlow(slotBytes);
  #filled = 0;
  #length = 0;
  #full = false;
  #wanted: Buffer | undefined;

  constructor(options: SlotKeeperOptions) {
    this.#options = options;
  }

  /** Takes the next bytes of the plaintext, which are the caller's again once it is done. */
  async add(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(this.#buffer, this.#filled, at);
      at += taken;
      this.#filled += taken;
      this.#length += taken;
      if (this.#filled === slotBytes) await this.#flush();
    }
  }

  /** Stores what is left, after the last `add`. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    await Promise.all(this.#puts);
    const hole = this.#stored.indexOf(undefined);
    if (hole < 0) return;
    for (const slot of this.#stored.splice(hole)) {
      if (slot !== undefined) this.#options.slots.free(slot);
    }
  }

  /** Gives back the room of all that was stored. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.#puts);
    this.#stored.forEach((slot) => {
      if (slot !== undefined) this.#options.slots.free(slot); // skips those that were not put
    });
  }

  /** What was stored. */
  get kept(): KeptSlots {
    const slots = this.#stored.filter((slot) => slot !== undefined);
    return { length: this.#length, first: this.#options.first, slots };
  }

  /** The first slot, if there was no room for it: whoever asked for it must get it all the same. */
  get wanted(): Buffer | undefined {
    return this.#wanted;
  }

  async #flush(): Promise<void> {
    const { slots, first, makeRoom, name } = this.#options;
    const index = Math.ceil(this.#length / slotBytes) - 1;
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (index >= slotsPerVolume) {
      throw new DuplifsError('DAMAGED', `"${name}" inflates to more than any volume holds`);
    }
    if (index < first || this.#full) return;
    while (slots.room === 0) {
      if (!makeRoom()) {
        this.#full = true;
        if (index === first) this.#wanted = Buffer.from(bytes);
        return;
      }
    }
    const at = this.#putCount;
    this.#putCount += 1;
    const copy = at === 0 ? Buffer.from(bytes) : undefined;
    // it takes a copy of the bytes at once
    const put = slots.put(bytes, makeRoom).then((stored) => {
      this.#stored[at] = stored;
      if (stored !== undefined) return;
      this.#full = true;
      this.#wanted = copy ?? this.#wanted;
    });
    put.catch(() => undefined); // it comes out where it is awaited
    this.#puts.push(put);
    if (this.#puts.length >= maxPuts) await this.#puts.shift();
  }
}
