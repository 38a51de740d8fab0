/**
 * Volumes as random-access plaintext.
 *
 * A volume that another program wrote can only be decoded from its start, and nothing of it is served
 * before all of it was verified. So the first read decodes it whole into the disk cache (BlockArena);
 * that and every later read take blocks from there, the hot ones from memory. Whoever asks for a volume
 * that is being decoded waits for that same pass. A pass may be watched (VolumeObserver), so that the
 * catalog is filled from the same bytes.
 *
 * A volume with a table of blocks (BlockTable in archive) is read block by block instead; if a block is not what the
 * table says, it is decoded whole after all, and verified as any other.
 *
 * A volume larger than the cache keeps a window of blocks around the place that was asked for and is
 * decoded again when a read falls outside.
 */
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import type { BlockTable } from '../archive/index.js';
import { DuplifsError, isDuplifsError, SharedTask } from '../base/index.js';
import { noteShortLived } from '../threads/index.js';
import type { SessionKey } from '../openpgp/index.js';
import type { Storage } from '../storage/index.js';
import { blockLength } from './block-arena.js';
import type { BlockArena, StoredBlock } from './block-arena.js';
import { BlockMemory } from './block-memory.js';
import { decodeFile } from './decode.js';
import type { DecodeOptions, EncodedFile } from './decode.js';
import { DecodedReader, holdsRange } from './reading/read-decoded.js';
import { BlockReader } from './reading/read-blocks.js';
import { SeekableVolumes } from './reading/seekable-volumes.js';
import type { SeekableVolume } from './reading/seekable-volumes.js';

/** A volume to read: `id` is unique within one store. */
export interface VolumeRef extends EncodedFile {
  readonly id: number;
  /** Its blocks, at least one, where an index tells them: then reads need not decode the whole volume. */
  readonly table?: BlockTable | undefined;
  /** The session key that the index gives; without it the volume's header is opened. */
  readonly sessionKey?: SessionKey | undefined;
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
/** Blocks of one pass that are written into the cache at the same time. */
const maxPuts = 4;
/** Bytes of buffers that come and go for one of plaintext: read, decrypted, inflated, encrypted. */
const buffersPerByte = 8;
/** More blocks than any volume may have (256 GiB); ids of blocks are numbers made with it. */
const blocksPerVolume = 2 ** 20;
/** Readers of single blocks kept open: each holds the table of its volume. */
const maxBlockReaders = 64;
/** A damaged volume stays damaged: each of the many files in it must not fetch it anew. */
const failuresRemembered = { max: 10_000, ttl: 60_000 };

export class VolumeStore {
  readonly #options: VolumeStoreOptions;
  readonly #arena: BlockArena;
  readonly #memory: BlockMemory;
  readonly #atOnce: DecodedReader;
  readonly #decoded: LRUCache<number, DecodedVolume>;
  readonly #decoding = new Map<number, SharedTask<DecodedVolume>>();
  readonly #failures = new LRUCache<number, DuplifsError>(failuresRemembered);
  readonly #queue = new PQueue({ concurrency: maxDecodes });
  readonly #passes = new Set<Promise<DecodedVolume>>();
  readonly #seekable: SeekableVolumes;
  readonly #readers = new LRUCache<number, SeekableVolume>({ max: maxBlockReaders });
  /** Volumes whose table of blocks has turned out to be wrong. */
  readonly #unseekable = new Set<number>();
  /** Volumes that a pass has found to be whole. */
  readonly #verified = new Set<number>();

  constructor(options: VolumeStoreOptions) {
    this.#options = options;
    this.#arena = options.arena;
    this.#memory = new BlockMemory(options.memoryBytes);
    this.#atOnce = new DecodedReader(this.#memory, options.arena, (id, index) =>
      blockId({ id }, index),
    );
    this.#seekable = new SeekableVolumes(this.#memory, (id, index) => -1 - blockId({ id }, index));
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
    if (volume.table !== undefined && this.#isSeekable(volume)) {
      return this.#readSeekable(volume, volume.table, offset, length, signal);
    }
    const first = Math.floor(offset / blockLength);
    if (offset + length <= (first + 1) * blockLength) {
      const part = this.#memory.part(blockId(volume, first), offset - first * blockLength, length);
      if (part?.length === length) return part;
    }
    const decoded = this.#decoded.get(volume.id);
    if (decoded !== undefined && holdsRange(decoded, offset, length)) {
      return this.#atOnce.read(volume.id, decoded, offset, length);
    }
    return this.#readBlocks(volume, offset, length, signal);
  }

  /** Decodes and verifies the volume unless its plaintext is at hand, and lets it be observed. */
  async decode(volume: VolumeRef, priority: DecodePriority, signal?: AbortSignal): Promise<void> {
    await this.#task(volume, 0, priority).wait(signal);
  }

  /** Whether the volume was decoded from its start to its end, and was what its hash says. */
  wasVerified(volumeId: number): boolean {
    return this.#verified.has(volumeId);
  }

  /**
   * Decodes a volume that is likely to be read after `current`, if the cache has room for both. Errors
   * are left to whoever reads it.
   */
  decodeAhead(volume: VolumeRef, current: VolumeRef): void {
    const length = this.#decoded.get(current.id)?.length ?? Infinity;
    const fits = 3 * length <= this.#arena.capacity * blockLength;
    if (!fits || this.#isSeekable(volume) || this.#decoded.has(volume.id)) return;
    if (this.#failures.has(volume.id)) return;
    this.#task(volume, 0, 'reader')
      .wait()
      .catch(() => undefined);
  }

  /** Gives up what is under way, and the cache's room back. */
  async close(): Promise<void> {
    for (const task of this.#decoding.values()) task.abandon();
    await Promise.allSettled(this.#passes);
    this.#decoded.clear();
    this.#memory.clear();
    await this.#arena.close();
  }

  #readSeekable(
    volume: VolumeRef,
    table: BlockTable,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    if (offset + length > table.plaintextLength) throw tooShort(volume);
    let seekable = this.#readers.get(volume.id);
    if (seekable === undefined) {
      const { storage, keyring } = this.#options;
      const { sessionKey } = volume;
      const reader = new BlockReader({ storage, keyring, file: volume, table, sessionKey });
      seekable = { id: volume.id, table, reader };
      this.#readers.set(volume.id, seekable);
    }
    const bytes = this.#seekable.read(seekable, offset, length, signal);
    if (Buffer.isBuffer(bytes)) return bytes;
    return bytes.catch(async (error: unknown) => {
      if (!isDuplifsError(error, 'DAMAGED')) throw error;
      this.#unseekable.add(volume.id); // decoded whole, and held against the manifest's hash
      return this.read(volume, offset, length, signal);
    });
  }

  #isSeekable({ id, table }: VolumeRef): boolean {
    return table !== undefined && !this.#unseekable.has(id);
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
        throw tooShort(volume);
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
    for (;;) {
      const known = this.#memory.get(id);
      if (known !== undefined) return known;
      const cached = this.#decoded.get(volume.id);
      const decoded =
        cached !== undefined && holds(cached, index)
          ? cached
          : await this.#task(volume, index, 'reader').wait(signal);
      // a pass that was under way may have kept another window: then there is another pass
      if (holds(decoded, index)) return this.#stored(decoded, index, id);
    }
  }

  /** A block that the volume holds; empty behind its end. */
  async #stored(decoded: DecodedVolume, index: number, id: number): Promise<Buffer> {
    const stored = decoded.blocks[index - decoded.first];
    if (stored === undefined) return Buffer.alloc(0);
    decoded.pins += 1;
    try {
      const block = await this.#arena.get(stored);
      this.#memory.set(id, block);
      return block;
    } finally {
      this.#unpin(decoded);
    }
  }

  /** The pass over a volume that is under way, or a new one that keeps blocks from `index` on. */
  #task(volume: VolumeRef, index: number, priority: DecodePriority): SharedTask<DecodedVolume> {
    const failure = this.#failures.get(volume.id);
    if (failure !== undefined) throw failure;
    let task = this.#decoding.get(volume.id);
    if (task === undefined || task.abandoned) {
      task = this.#start(volume, index, priority);
      this.#decoding.set(volume.id, task);
    }
    return task;
  }

  #start(volume: VolumeRef, index: number, priority: DecodePriority): SharedTask<DecodedVolume> {
    const task: SharedTask<DecodedVolume> = new SharedTask(async (signal) => {
      try {
        return await this.#queue.add(() => this.#run(volume, index, priority, signal), {
          priority: priority === 'reader' ? 1 : 0,
          signal,
        });
      } finally {
        if (this.#decoding.get(volume.id) === task) this.#decoding.delete(volume.id);
      }
    });
    return task;
  }

  async #run(
    volume: VolumeRef,
    index: number,
    priority: DecodePriority,
    signal: AbortSignal,
  ): Promise<DecodedVolume> {
    const running = this.#pass(volume, index, priority, signal);
    this.#passes.add(running);
    try {
      return await running;
    } catch (error) {
      if (isDuplifsError(error, 'DAMAGED', 'SIGNATURE')) this.#failures.set(volume.id, error);
      throw error;
    } finally {
      this.#passes.delete(running);
    }
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
    await setImmediate(); // whoever waited for the pass before has had its turn, and frees its blocks
    const keeper = new BlockKeeper(
      this.#arena,
      index,
      () => priority === 'reader' && this.#evict(),
      volume.name,
    );
    try {
      let misread: unknown;
      for await (const chunk of decodeFile(this.#options.storage, volume, {
        ...this.#options,
        signal,
      })) {
        noteShortLived(buffersPerByte * chunk.length);
        try {
          if (misread === undefined) observer?.chunk(chunk);
        } catch (error) {
          misread = error; // counts only if the volume is what it should be: else that is the reason
        }
        await keeper.add(chunk);
      }
      await keeper.end();
      if (misread !== undefined) throw misread as Error;
      await observer?.commit(keeper.kept.length);
    } catch (error) {
      await keeper.discard();
      throw error;
    }
    this.#verified.add(volume.id);
    // pinned until all who waited for it have had their turn: it must not be pushed out before
    const decoded: DecodedVolume = { ...keeper.kept, pins: 1, evicted: false };
    this.#decoded.set(volume.id, decoded);
    if (keeper.wanted !== undefined) this.#memory.set(blockId(volume, index), keeper.wanted);
    void setImmediate().then(() => {
      this.#unpin(decoded);
    });
    return decoded;
  }

  /** Gives up the volume that was not used for longest; false when all are in use. */
  #evict(): boolean {
    for (const id of this.#decoded.rkeys()) {
      if (this.#decoded.peek(id)?.pins === 0) return this.#decoded.delete(id);
    }
    return false;
  }

  #unpin(volume: DecodedVolume): void {
    volume.pins -= 1;
    this.#release(volume);
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
  readonly #name: string;
  readonly #blocks: StoredBlock[] = [];
  /** Blocks on their way into the cache: while they are written, the next ones are decoded. */
  readonly #puts: Promise<void>[] = [];
  #putCount = 0;
  readonly #buffer = Buffer.allocUnsafeSlow(blockLength);
  #filled = 0;
  #length = 0;
  #full = false;
  /** The first block, if there was no room for it: whoever asked for it must get it all the same. */
  wanted: Buffer | undefined;

  /** `name` is what errors call the volume. */
  constructor(arena: BlockArena, first: number, makeRoom: () => boolean, name: string) {
    this.#name = name;
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
    await Promise.all(this.#puts);
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#puts);
    this.#blocks.forEach((block) => {
      this.#arena.free(block); // skips those that were not put
    });
  }

  get kept(): { length: number; first: number; blocks: StoredBlock[] } {
    return { length: this.#length, first: this.#first, blocks: this.#blocks };
  }

  async #flush(): Promise<void> {
    const index = Math.ceil(this.#length / blockLength) - 1;
    const block = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    if (index >= blocksPerVolume) {
      throw new DuplifsError('DAMAGED', `"${this.#name}" inflates to more than any volume holds`);
    }
    if (index < this.#first || this.#full) return;
    while (this.#arena.room === 0) {
      if (!this.#makeRoom()) {
        this.#full = true;
        if (index === this.#first) this.wanted = Buffer.from(block);
        return;
      }
    }
    const at = this.#putCount;
    this.#putCount += 1;
    // it takes a copy of the block at once
    const put = this.#arena.put(block).then((stored) => {
      this.#blocks[at] = stored;
    });
    put.catch(() => undefined); // it comes out where it is awaited
    this.#puts.push(put);
    if (this.#puts.length >= maxPuts) await this.#puts.shift();
  }
}

/** Whether the block is kept, or lies behind the volume's end. */
function holds(volume: DecodedVolume, index: number): boolean {
  if (index * blockLength >= volume.length) return true;
  return index >= volume.first && index < volume.first + volume.blocks.length;
}

function tooShort({ name }: VolumeRef): DuplifsError {
  return new DuplifsError('DAMAGED', `"${name}" is shorter than the catalog says`, {
    hint: 'Delete the catalog in the archive dir; it is made again',
  });
}

function blockId(volume: Pick<VolumeRef, 'id'>, index: number): number {
  return volume.id * blocksPerVolume + index;
}
