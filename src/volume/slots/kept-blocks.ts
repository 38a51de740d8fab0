/**
 * Decoded blocks of volumes that are read block by block: those used last in memory, and in the disk cache those that had
 * to leave it before they were read to their end. A file behind many changes is read from a block of each of its sets at a
 * time, more than the memory holds; without the disk, blocks would be fetched as often as they have parts.
 */
import { LRUCache } from 'lru-cache';
import { slotBytes } from './slot-file.js';
import type { SlotFile, StoredSlot } from './slot-file.js';
import type { KeptInMemory, SlotMemory } from './slot-memory.js';

/** A block that ends with less than this unread has been read: headers and padding of small files are not. */
const maxUnread = 4096;
/** Blocks on their way to the disk at the same time; the others are fetched again if somebody wants them. */
const maxPuts = 16;
/** Blocks take this part of the disk cache before decoded volumes have to go for them. */
const share = 1 / 4;
/** The LRU cache takes memory for as many at once. */
const maxBlocks = 32_768;

interface KeptBlock {
  readonly slots: readonly StoredSlot[];
  readonly length: number;
}

export interface KeptBlocksOptions {
  readonly memory: SlotMemory;
  readonly file: SlotFile;
  /** Frees slots of others in the file; false when there are none to free. */
  readonly makeRoom: () => boolean;
}

export class KeptBlocks {
  readonly #options: KeptBlocksOptions;
  readonly #blocks: LRUCache<number, KeptBlock>;
  readonly #puts = new Map<number, Promise<void>>();
  #slots = 0;
  #isClosed = false;

  constructor(options: KeptBlocksOptions) {
    this.#options = options;
    this.#blocks = new LRUCache({
      max: Math.min(maxBlocks, options.file.capacity),
      dispose: ({ slots }) => {
        this.#free(slots);
      },
    });
  }

  has(id: number): boolean {
    return this.#options.memory.has(id) || this.#blocks.has(id);
  }

  /** A copy of a part of a block, at once, if it is here. */
  part(id: number, from: number, length: number): Buffer | undefined {
    const known = this.#options.memory.part(id, from, length);
    if (known !== undefined) return known;
    const block = this.#blocks.get(id);
    return block && this.#read(block, from, Math.min(from + length, block.length));
  }

  /** That somebody who was given the block as it was decoded has read it up to there. */
  noteRead(id: number, to: number): void {
    this.#options.memory.noteRead(id, to);
  }

  /** Keeps a copy in memory. */
  set(id: number, bytes: Buffer): void {
    this.#blocks.delete(id);
    this.#options.memory.set(id, bytes);
  }

  /** Takes over a block that memory has no more room for, unless nobody is likely to want more of it. */
  keep(id: number, { slots, length, readTo }: KeptInMemory): void {
    const isRead = readTo > 0 && length - readTo < maxUnread;
    if (isRead || this.#isClosed || this.#blocks.has(id) || this.#puts.size >= maxPuts) return;
    const { file } = this.#options;
    while (file.room < slots.length) if (!this.#makeRoom()) return;
    // the file takes a copy of them before it first waits
    const puts = slots.map((slot, index) => {
      const bytes = slot.subarray(0, Math.min(slotBytes, length - index * slotBytes));
      return file.put(bytes, this.#makeRoom.bind(this));
    });
    const put = this.#note(id, length, puts).finally(() => this.#puts.delete(id));
    this.#puts.set(id, put);
  }

  /** Gives up the block that was not used for longest; false when there is none. */
  evict(): boolean {
    return this.#blocks.pop() !== undefined;
  }

  /** Gives all room in the file back, once nothing is on its way there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#puts.values());
    this.#blocks.clear();
  }

  async #note(
    id: number,
    length: number,
    puts: readonly Promise<StoredSlot | undefined>[],
  ): Promise<void> {
    const ended = await Promise.allSettled(puts);
    const slots = ended.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []));
    this.#slots += slots.length;
    // what the disk had no room for, or failed to take, is fetched again
    if (slots.length < puts.length || this.#options.memory.has(id)) this.#free(slots);
    else this.#blocks.set(id, { slots, length });
  }

  #makeRoom(): boolean {
    const { file, makeRoom } = this.#options;
    const hasShare = this.#slots >= file.capacity * share;
    return hasShare ? this.evict() || makeRoom() : makeRoom() || this.evict();
  }

  #read({ slots }: KeptBlock, from: number, end: number): Buffer {
    const parts: Buffer[] = [];
    for (let at = from; at < end;) {
      const index = Math.floor(at / slotBytes);
      const slot = slots[index];
      if (slot === undefined) break;
      const start = at - index * slotBytes;
      const length = Math.min(end - at, slotBytes - start);
      parts.push(this.#options.file.readSync(slot, start, length));
      at += length;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  #free(slots: readonly StoredSlot[]): void {
    this.#slots -= slots.length;
    for (const slot of slots) this.#options.file.free(slot);
  }
}
