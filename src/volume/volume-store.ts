/**
 * Volumes as random-access plaintext.
 *
 * A volume that another program wrote can only be decoded from its start, and nothing of it is served
 * before all of it was verified. So the first read decodes it whole into the disk cache (BlockArena);
 * that and every later read take blocks from there, the hot ones from memory. Whoever asks for a volume
 * that is being decoded waits for that same pass. A pass may be watched (VolumeObserver), so that the
 * catalog is filled from the same bytes.
 *
 * A volume larger than the cache keeps a window of blocks around the place that was asked for and is
 * decoded again when a read falls outside.
 */
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import { DuplifsError, SharedTask } from '../base/index.js';
import { type Storage } from '../storage/index.js';
import { blockLength, type BlockArena, type StoredBlock } from './block-arena.js';
import { BlockMemory } from './block-memory.js';
import { decodeFile, type DecodeOptions, type EncodedFile } from './decode.js';
import { noteShortLived } from './young-garbage.js';

/** A volume to read: `id` is unique within one store. */
export interface VolumeRef extends EncodedFile {
  readonly id: number;
}

/** Sees the plaintext of a volume in order; `commit` is called only once everything was verified. */
export interface VolumeObserver {
  chunk(bytes: Buffer): void;
  commit(plaintextLength: number): Promise<void>;
}

export interface VolumeStoreOptions extends Omit<DecodeOptions, 'signal'> {
  readonly storage: Storage;
  readonly arena: BlockArena;
  /** Bytes of plaintext blocks kept in memory. */
  readonly memoryBytes: number;
  /** Asked at the start of each decode whether somebody wants to watch it. */
  readonly observe?: (volume: VolumeRef) => VolumeObserver | undefined;
}

/** Foreground work comes first; a background pass never pushes out what readers have cached. */
export type DecodePriority = 'reader' | 'background';

interface DecodedVolume {
  readonly length: number;
  /** Index of the first block that was kept. */
  readonly first: number;
  readonly blocks: readonly StoredBlock[];
  /** Readers that are using a block now; the blocks are freed once it is 0 and the volume is evicted. */
  pins: number;
  evicted: boolean;
}

const maxDecodes = 2;
/** Bytes of buffers that come and go for one of plaintext: read, decrypted, inflated, encrypted. */
const buffersPerByte = 8;
/** Bytes; larger reads hardly ever come back to the same block. */
const smallRead = blockLength / 4;
/** More blocks than any volume may have (256 GiB); ids of blocks are numbers made with it. */
const blocksPerVolume = 2 ** 20;

export class VolumeStore {
  readonly #options: VolumeStoreOptions;
  readonly #arena: BlockArena;
  readonly #memory: BlockMemory;
  /** Blocks of which a small part was read a short time ago. */
  readonly #touched = new LRUCache<number, true>({ max: 64 });
  readonly #decoded: LRUCache<number, DecodedVolume>;
  readonly #decoding = new Map<number, SharedTask<DecodedVolume>>();
  readonly #queue = new PQueue({ concurrency: maxDecodes });

  constructor(options: VolumeStoreOptions) {
    this.#options = options;
    this.#arena = options.arena;
    this.#memory = new BlockMemory(options.memoryBytes);
    this.#decoded = new LRUCache({
      max: 100_000,
      dispose: (volume) => {
        volume.evicted = true;
        this.#release(volume);
      },
    });
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
    const first = Math.floor(offset / blockLength);
    if (offset + length <= (first + 1) * blockLength) {
      const part = this.#memory.part(blockId(volume, first), offset - first * blockLength, length);
      if (part?.length === length) return part;
    }
    const decoded = this.#decoded.get(volume.id);
    if (decoded !== undefined && holdsRange(decoded, offset, length)) {
      return this.#readDecoded(volume, decoded, offset, length);
    }
    return this.#readBlocks(volume, offset, length, signal);
  }

  /** Decodes and verifies the volume unless its plaintext is at hand, and lets it be observed. */
  async decode(volume: VolumeRef, priority: DecodePriority, signal?: AbortSignal): Promise<void> {
    await this.#decode(volume, 0, priority, signal);
  }

  /**
   * Decodes a volume that is likely to be read after `current`, if the cache has room for both. Errors
   * are left to whoever reads it.
   */
  decodeAhead(volume: VolumeRef, current: VolumeRef): void {
    const length = this.#decoded.get(current.id)?.length ?? Infinity;
    const fits = 3 * length <= this.#arena.capacity * blockLength;
    if (!fits || this.#decoded.has(volume.id)) return;
    this.#decode(volume, 0, 'reader', undefined).catch(() => undefined);
  }

  /** Waits for what is under way and gives the cache's room back. */
  async close(): Promise<void> {
    this.#queue.clear();
    await this.#queue.onIdle();
    this.#decoded.clear();
    this.#memory.clear();
    await this.#arena.close();
  }

  /** Bytes that all lie in kept blocks. */
  #readDecoded(volume: VolumeRef, decoded: DecodedVolume, offset: number, length: number): Buffer {
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / blockLength);
      const from = at - index * blockLength;
      const taken = Math.min(offset + length - at, blockLength - from);
      parts.push(this.#readBlock(volume, decoded, index, from, taken));
      at += taken;
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    noteShortLived(length);
    return Buffer.concat(parts, length);
  }

  /**
   * A part of a kept block. Only that is read and decrypted, so that a reader of random places does not
   * pay for their surroundings; but the second small read from a block fetches all of it into memory,
   * for who reads small files side by side comes again.
   */
  #readBlock(
    volume: VolumeRef,
    decoded: DecodedVolume,
    index: number,
    from: number,
    length: number,
  ): Buffer {
    const id = blockId(volume, index);
    const known = this.#memory.part(id, from, length);
    if (known !== undefined) return known;
    const stored = decoded.blocks[index - decoded.first];
    if (stored === undefined) return Buffer.alloc(0);
    if (length > smallRead) return this.#arena.readSync(stored, from, length);
    if (!this.#touched.has(id)) {
      this.#touched.set(id, true);
      return this.#arena.readSync(stored, from, length);
    }
    const block = this.#arena.readSync(stored, 0, stored.length);
    this.#memory.set(id, block);
    return block.subarray(from, from + length);
  }

  async #readBlocks(
    volume: VolumeRef,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / blockLength);
      const block = await this.#block(volume, index, signal);
      const from = at - index * blockLength;
      const to = Math.min(offset + length - index * blockLength, blockLength);
      if (block.length < to) {
        throw new DuplifsError('DAMAGED', `"${volume.name}" is shorter than the catalog says`, {
          hint: 'Delete the catalog in the archive dir; it is made again',
        });
      }
      parts.push(block.subarray(from, to));
      at += to - from;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
  }

  /** One block, from memory, from the disk cache, or by decoding the volume. */
  async #block(volume: VolumeRef, index: number, signal: AbortSignal | undefined): Promise<Buffer> {
    const id = blockId(volume, index);
    const known = this.#memory.get(id);
    if (known !== undefined) return known;
    let decoded = this.#decoded.get(volume.id);
    if (decoded === undefined || !holds(decoded, index)) {
      decoded = await this.#decode(volume, index, 'reader', signal);
    }
    const stored = decoded.blocks[index - decoded.first];
    if (stored === undefined) return Buffer.alloc(0);
    decoded.pins += 1;
    try {
      const block = await this.#arena.get(stored);
      this.#memory.set(id, block);
      return block;
    } finally {
      decoded.pins -= 1;
      this.#release(decoded);
    }
  }

  async #decode(
    volume: VolumeRef,
    index: number,
    priority: DecodePriority,
    signal: AbortSignal | undefined,
  ): Promise<DecodedVolume> {
    for (;;) {
      let task = this.#decoding.get(volume.id);
      if (task === undefined || task.abandoned) {
        task = this.#start(volume, index, priority);
        this.#decoding.set(volume.id, task);
      }
      const decoded = await task.wait(signal);
      if (index === 0 || holds(decoded, index)) return decoded;
      // the pass that was under way kept another window
    }
  }

  #start(volume: VolumeRef, index: number, priority: DecodePriority): SharedTask<DecodedVolume> {
    const task: SharedTask<DecodedVolume> = new SharedTask(async (signal) => {
      try {
        return await this.#queue.add(() => this.#pass(volume, index, priority, signal), {
          priority: priority === 'reader' ? 1 : 0,
          signal,
        });
      } finally {
        if (this.#decoding.get(volume.id) === task) this.#decoding.delete(volume.id);
      }
    });
    return task;
  }

  /** One pass over the whole volume: verify, observe, keep the blocks that there is room for. */
  async #pass(
    volume: VolumeRef,
    index: number,
    priority: DecodePriority,
    signal: AbortSignal,
  ): Promise<DecodedVolume> {
    const observer = this.#options.observe?.(volume);
    this.#decoded.delete(volume.id);
    const keeper = new BlockKeeper(
      this.#arena,
      index,
      () => priority === 'reader' && this.#evict(),
    );
    try {
      for await (const chunk of decodeFile(this.#options.storage, volume, {
        ...this.#options,
        signal,
      })) {
        noteShortLived(buffersPerByte * chunk.length);
        observer?.chunk(chunk);
        await keeper.add(chunk);
      }
      await keeper.end();
    } catch (error) {
      keeper.discard();
      throw error;
    }
    const decoded: DecodedVolume = { ...keeper.kept, pins: 0, evicted: false };
    this.#decoded.set(volume.id, decoded);
    await observer?.commit(decoded.length);
    return decoded;
  }

  /** Gives up the volume that was not used for longest; false when there is none. */
  #evict(): boolean {
    return this.#decoded.pop() !== undefined;
  }

  #release(volume: DecodedVolume): void {
    if (!volume.evicted || volume.pins > 0) return;
    for (const block of volume.blocks) this.#arena.free(block);
    (volume.blocks as StoredBlock[]).length = 0;
  }
}

/** Cuts a plaintext into blocks and stores those from `first` on, as many as there is room for. */
class BlockKeeper {
  readonly #arena: BlockArena;
  readonly #makeRoom: () => boolean;
  readonly #first: number;
  readonly #blocks: StoredBlock[] = [];
  readonly #buffer = Buffer.allocUnsafeSlow(blockLength);
  #filled = 0;
  #length = 0;
  #full = false;

  constructor(arena: BlockArena, first: number, makeRoom: () => boolean) {
    this.#arena = arena;
    this.#first = first;
    this.#makeRoom = makeRoom;
  }

  async add(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const taken = chunk.copy(this.#buffer, this.#filled, at);
      at += taken;
      this.#filled += taken;
      this.#length += taken;
      if (this.#filled === blockLength) await this.#flush();
    }
  }

  async end(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
  }

  discard(): void {
    for (const block of this.#blocks) this.#arena.free(block);
  }

  get kept(): { length: number; first: number; blocks: StoredBlock[] } {
    return { length: this.#length, first: this.#first, blocks: this.#blocks };
  }

  async #flush(): Promise<void> {
    const index = Math.ceil(this.#length / blockLength) - 1;
    const block = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (index < this.#first || this.#full) return;
    while (this.#arena.room === 0) {
      if (!this.#makeRoom()) {
        this.#full = true;
        return;
      }
    }
    this.#blocks.push(await this.#arena.put(block));
  }
}

/** Whether the block is kept, or lies behind the volume's end. */
function holds(volume: DecodedVolume, index: number): boolean {
  if (index * blockLength >= volume.length) return true;
  return index >= volume.first && index < volume.first + volume.blocks.length;
}

/** Whether all of a range lies in blocks that are kept. */
function holdsRange(volume: DecodedVolume, offset: number, length: number): boolean {
  if (offset + length > volume.length) return false;
  const last = Math.floor((offset + length - 1) / blockLength);
  return offset >= volume.first * blockLength && last < volume.first + volume.blocks.length;
}

function blockId(volume: VolumeRef, index: number): number {
  return volume.id * blocksPerVolume + index;
}
