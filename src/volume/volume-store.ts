/**
 * Volumes as random-access plaintext: which way a read goes.
 *
 * A volume that another program wrote can only be decoded from its start, and nothing of it is served
 * before all of it was verified. So the first read decodes it whole into the disk cache (DecodePasses, KeptVolumes);
 * that and every later read take slots from there, the hot ones from memory (SlotMemory). A pass may be watched
 * (VolumeObserver), so that the catalog is filled from the same bytes.
 *
 * A volume with a table of blocks (BlockTable in archive) is read block by block instead; if a block is not what the
 * table says, it is decoded whole after all, and verified as any other. The pass over a volume of another program's makes
 * such a table too (SeekTableBuilder). Its blocks are some MiB each: where they come and go too often, the volume is decoded
 * whole as well. Blocks that memory has no room for wait in the disk cache (KeptBlocks).
 *
 * A volume larger than the cache keeps a window of slots around the place that was asked for and is
 * decoded again when a read falls outside.
 */
import { LRUCache } from 'lru-cache';
import type { BlockTable } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import { DecodePasses } from './decoding/decode-passes.js';
import type { DecodePassesOptions, DecodePriority } from './decoding/decode-passes.js';
import { BlockReader } from './reading/read-blocks.js';
import { DecodedReader } from './reading/read-decoded.js';
import { SeekableVolumes } from './reading/seekable-volumes.js';
import type { SeekableVolume } from './reading/seekable-volumes.js';
import { KeptBlocks } from './slots/kept-blocks.js';
import { holdsRange, holdsSlot, KeptVolumes } from './slots/kept-volumes.js';
import { slotBytes } from './slots/slot-file.js';
import { blockId, isBlockId, slotId } from './slots/slot-ids.js';
import { SlotMemory } from './slots/slot-memory.js';
import type { VolumeRef } from './volume-ref.js';

export interface VolumeStoreOptions extends Omit<
  DecodePassesOptions,
  'kept' | 'memory' | 'makeRoom'
> {
  /** Bytes of plaintext kept in memory. */
  readonly memoryBytes: number;
}

/** A volume that is read block by block. */
interface IndexedVolume extends VolumeRef {
  readonly table: BlockTable;
}

/** Readers of single blocks kept open: each holds the table of its volume. */
const maxBlockReaders = 64;

export class VolumeStore {
  readonly #options: VolumeStoreOptions;
  readonly #memory: SlotMemory;
  readonly #kept: KeptVolumes;
  readonly #blocks: KeptBlocks;
  readonly #passes: DecodePasses;
  readonly #atOnce: DecodedReader;
  readonly #seekable: SeekableVolumes;
  readonly #readers = new LRUCache<number, SeekableVolume>({ max: maxBlockReaders });
  /** Volumes whose table of blocks has turned out to be wrong. */
  readonly #unseekable = new Set<number>();

  constructor(options: VolumeStoreOptions) {
    this.#options = options;
    const { slots: file } = options;
    const memory = new SlotMemory(options.memoryBytes, (id, kept) => {
      if (isBlockId(id)) this.#blocks.keep(id, kept);
    });
    const kept = new KeptVolumes(file);
    this.#memory = memory;
    this.#kept = kept;
    this.#blocks = new KeptBlocks({ memory, file, makeRoom: () => kept.evict() });
    const makeRoom = (): boolean => kept.evict() || this.#blocks.evict();
    this.#passes = new DecodePasses({ ...options, kept, memory, makeRoom });
    this.#atOnce = new DecodedReader(this.#memory, options.slots, slotId);
    this.#seekable = new SeekableVolumes(this.#blocks, blockId);
  }

  /**
   * `length` bytes of the volume's plaintext from `offset`: at once when the volume was decoded.
   * Fails with DAMAGED when the volume does not hold as much.
   */
  read(
    volume: VolumeRef,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Buffer | Promise<Buffer> {
    const kept = this.#kept.get(volume.id);
    const isAtHand = kept !== undefined && holdsRange(kept, offset, length);
    if (!isAtHand && this.#isSeekable(volume)) {
      if (!this.#isThrashed(volume)) return this.#readSeekable(volume, offset, length, signal);
      return this.#readSlots(volume, offset, length, signal).catch((error: unknown) => {
        // of a volume that is damaged other blocks may still be what they should
        if (!isDuplifsError(error, 'DAMAGED')) throw error;
        return this.#readSeekable(volume, offset, length, signal);
      });
    }
    if (isAtHand) this.#seekable.forgetDecoded(volume.id);
    const first = Math.floor(offset / slotBytes);
    if (offset + length <= (first + 1) * slotBytes) {
      const part = this.#memory.part(slotId(volume.id, first), offset - first * slotBytes, length);
      if (part?.length === length) return part;
    }
    if (isAtHand) return this.#atOnce.read(volume.id, kept, offset, length);
    return this.#readSlots(volume, offset, length, signal);
  }

  /** Decodes and verifies the volume unless its plaintext is at hand, and lets it be observed. */
  async decode(volume: VolumeRef, priority: DecodePriority, signal?: AbortSignal): Promise<void> {
    await this.#passes.task(volume, 0, priority).wait(signal);
  }

  /** Whether the volume was decoded from its start to its end, and was what its hash says. */
  wasVerified(volumeId: number): boolean {
    return this.#passes.wasVerified(volumeId);
  }

  /**
   * Decodes a volume that is likely to be read after `current`, if the cache has room for both. Errors
   * are left to whoever reads it.
   */
  decodeAhead(volume: VolumeRef, current: VolumeRef): void {
    const length = this.#kept.get(current.id)?.length ?? Infinity;
    const fits = 3 * length <= this.#options.slots.capacity * slotBytes;
    if (!fits || this.#kept.has(volume.id)) return;
    if (this.#isSeekable(volume) && !this.#isThrashed(volume)) return;
    if (this.#passes.hasFailed(volume.id)) return;
    this.#passes
      .task(volume, 0, 'reader')
      .wait()
      .catch(() => undefined);
  }

  /** Gives up what is under way, and the cache's room back. */
  async close(): Promise<void> {
    this.#seekable.close();
    await this.#passes.close();
    await this.#blocks.close();
    this.#kept.clear();
    this.#memory.clear();
    await this.#options.slots.close();
  }

  #readSeekable(
    volume: IndexedVolume,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    if (offset + length > volume.table.plaintextLength) throw tooShort(volume);
    const seekable = this.#readers.get(volume.id) ?? this.#openReader(volume);
    const bytes = this.#seekable.read(seekable, offset, length, signal);
    if (Buffer.isBuffer(bytes)) return bytes;
    return bytes.catch(async (error: unknown) => {
      if (!isDuplifsError(error, 'DAMAGED')) throw error;
      // held against the manifest's hash: where that fails, other blocks may still be what they should
      await this.#passes.task(volume, Math.floor(offset / slotBytes), 'reader').wait(signal);
      this.#unseekable.add(volume.id);
      return this.read(volume, offset, length, signal);
    });
  }

  #openReader(volume: IndexedVolume): SeekableVolume {
    const { storage, keyring } = this.#options;
    const { id, table, sessionKey, pointsOf } = volume;
    const file = volume;
    const reader = new BlockReader({ storage, keyring, file, table, sessionKey, pointsOf });
    const seekable = { id, table, reader };
    this.#readers.set(id, seekable);
    return seekable;
  }

  #isSeekable(volume: VolumeRef): volume is IndexedVolume {
    return volume.table !== undefined && !this.#unseekable.has(volume.id);
  }

  /**
   * Whether more of a volume's large blocks was decoded than there is of it, for readers that need more of them at a time
   * than the memory keeps: decoded whole, it is at hand in the disk cache.
   */
  #isThrashed({ id, table: { container, plaintextLength } }: IndexedVolume): boolean {
    if (container !== 'continuous-gpg' && container !== 'continuous-gz') return false;
    if (plaintextLength > this.#options.slots.capacity * slotBytes) return false;
    return this.#seekable.decodedBytes(id) > plaintextLength && !this.#passes.hasFailed(id);
  }

  async #readSlots(
    volume: VolumeRef,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / slotBytes);
      const slot = await this.#slot(volume, index, signal);
      const from = at - index * slotBytes;
      const to = Math.min(offset + length - index * slotBytes, slotBytes);
      if (slot.length < to) throw tooShort(volume);
      parts.push(slot.subarray(from, to));
      at += to - from;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
  }

  /** One slot, from memory, from the disk cache, or by decoding the volume. */
  async #slot(volume: VolumeRef, index: number, signal: AbortSignal | undefined): Promise<Buffer> {
    const id = slotId(volume.id, index);
    for (;;) {
      const known = this.#memory.get(id);
      if (known !== undefined) return known;
      const cached = this.#kept.get(volume.id);
      const kept =
        cached !== undefined && holdsSlot(cached, index)
          ? cached
          : await this.#passes.task(volume, index, 'reader').wait(signal);
      // a pass that was under way may have kept another window: then there is another pass
      if (!holdsSlot(kept, index)) continue;
      const bytes = await this.#kept.slot(kept, index);
      if (bytes.length > 0) this.#memory.set(id, bytes);
      return bytes;
    }
  }
}

function tooShort({ name }: VolumeRef): DuplifsError {
  return new DuplifsError('DAMAGED', `"${name}" is shorter than the catalog says`, {
    hint: 'Delete the catalog in the archive dir; it is made again',
  });
}
