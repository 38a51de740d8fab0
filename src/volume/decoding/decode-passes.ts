/**
 * Passes over whole volumes: each decodes one from its start, verifies it, lets it be observed, and keeps the slots that
 * there is room for. Whoever asks for a volume that is being decoded waits for that same pass; few run at a time.
 */
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import type { DuplifsError } from '../../base/index.js';
import { isDuplifsError, SharedTask } from '../../base/index.js';
import { overCopies } from '../../storage/index.js';
import type { Storage } from '../../storage/index.js';
import { noteShortLived } from '../../threads/index.js';
import type { KeptVolume, KeptVolumes } from '../slots/kept-volumes.js';
import type { SlotFile } from '../slots/slot-file.js';
import { slotId } from '../slots/slot-ids.js';
import { SlotKeeper } from '../slots/slot-keeper.js';
import type { SlotMemory } from '../slots/slot-memory.js';
import type { VolumeRef } from '../volume-ref.js';
import { decodeFile } from './decode-file.js';
import type { DecodeOptions } from './decode-file.js';
import { SeekTableBuilder } from './seek-table.js';
import type { SeekTable } from './seek-table.js';

/** Sees the plaintext of a volume in order; `commit` is called only once everything was verified. */
export interface VolumeObserver {
  /** Whether `commit` is to be told how parts of the volume can be read the next time, which takes some time. */
  readonly wantsSeekTable: boolean;
  chunk(bytes: Buffer): void;
  /** `seekTable` tells how parts of the volume can be read the next time; undefined where only all of it can. */
  commit(plaintextLength: number, seekTable: SeekTable | undefined): Promise<void>;
}

/** Foreground work comes first; a background pass never pushes out what readers have cached. */
export type DecodePriority = 'reader' | 'background';

export interface DecodePassesOptions extends Omit<DecodeOptions, 'signal'> {
  readonly storage: Storage;
  readonly slots: SlotFile;
  readonly kept: KeptVolumes;
  readonly memory: SlotMemory;
  /** Frees slots for a reader's volume; false when there are none to free. */
  readonly makeRoom: () => boolean;
  /** Asked at the start of each decode whether somebody wants to watch it. */
  readonly observe?: ((volume: VolumeRef) => VolumeObserver | undefined) | undefined;
}

const maxDecodes = 2;
/** Bytes of buffers that come and go for one of plaintext: read, decrypted, inflated, encrypted. */
const buffersPerByte = 8;
/** A damaged volume stays damaged: each of the many files in it must not fetch it anew. */
const failuresRemembered = { max: 10_000, ttl: 60_000 };

/** What one pass is made for. */
interface Wish {
  readonly volume: VolumeRef;
  /** The first slot that is to be kept. */
  readonly index: number;
  readonly priority: DecodePriority;
}

/** Who watches a pass. */
interface Watching {
  readonly observer: VolumeObserver | undefined;
  readonly seek: SeekTableBuilder | undefined;
  readonly signal: AbortSignal;
}

export class DecodePasses {
  readonly #options: DecodePassesOptions;
  readonly #tasks = new Map<number, SharedTask<KeptVolume>>();
  readonly #failures = new LRUCache<number, DuplifsError>(failuresRemembered);
  readonly #queue = new PQueue({ concurrency: maxDecodes });
  readonly #running = new Set<Promise<KeptVolume>>();
  readonly #verified = new Set<number>();

  constructor(options: DecodePassesOptions) {
    this.#options = options;
  }

  /** The pass over a volume that is under way, or a new one that keeps slots from `index` on. */
  task(volume: VolumeRef, index: number, priority: DecodePriority): SharedTask<KeptVolume> {
    const failure = this.#failures.get(volume.id);
    if (failure !== undefined) throw failure;
    let task = this.#tasks.get(volume.id);
    if (task === undefined || task.abandoned) {
      task = this.#start({ volume, index, priority });
      this.#tasks.set(volume.id, task);
    }
    return task;
  }

  /** Whether a pass over the volume has failed a short time ago, so that another would as well. */
  hasFailed(volumeId: number): boolean {
    return this.#failures.has(volumeId);
  }

  /** Whether a pass has found the volume to be whole. */
  wasVerified(volumeId: number): boolean {
    return this.#verified.has(volumeId);
  }

  /** Gives up what is under way, and waits until it has ended. */
  async close(): Promise<void> {
    for (const task of this.#tasks.values()) task.abandon();
    await Promise.allSettled(this.#running);
  }

  #start(wish: Wish): SharedTask<KeptVolume> {
    const { id } = wish.volume;
    const task: SharedTask<KeptVolume> = new SharedTask(async (signal) => {
      try {
        return await this.#queue.add(() => this.#run(wish, signal), {
          priority: wish.priority === 'reader' ? 1 : 0,
          signal,
        });
      } finally {
        if (this.#tasks.get(id) === task) this.#tasks.delete(id);
      }
    });
    return task;
  }

  async #run(wish: Wish, signal: AbortSignal): Promise<KeptVolume> {
    const { name } = wish.volume;
    const running = overCopies(this.#options.storage, name, () => this.#pass(wish, signal));
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      if (isDuplifsError(error, 'DAMAGED', 'SIGNATURE')) this.#failures.set(wish.volume.id, error);
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** One pass over the whole volume: verify, observe, keep the slots that there is room for. */
  async #pass({ volume, index, priority }: Wish, signal: AbortSignal): Promise<KeptVolume> {
    const { slots, kept, memory, makeRoom, observe } = this.#options;
    const observer = observe?.(volume);
    kept.remove(volume.id);
    await setImmediate(); // whoever waited for the pass before has had its turn, and frees its slots
    const keeper = new SlotKeeper({
      slots,
      first: index,
      makeRoom: () => priority === 'reader' && makeRoom(),
      name: volume.name,
    });
    const wantsTable = observer?.wantsSeekTable === true;
    const seek = wantsTable ? new SeekTableBuilder(volume.container) : undefined;
    try {
      await this.#decodeInto(keeper, volume, { observer, seek, signal });
      await observer?.commit(keeper.kept.length, seek?.end());
    } catch (error) {
      await keeper.discard();
      throw error;
    }
    this.#verified.add(volume.id);
    // pinned until all who waited for it have had their turn: it must not be pushed out before
    const decoded = kept.add(volume.id, keeper.kept);
    if (keeper.wanted !== undefined) memory.set(slotId(volume.id, index), keeper.wanted);
    void setImmediate().then(() => {
      kept.unpin(decoded);
    });
    return decoded;
  }

  async #decodeInto(
    keeper: SlotKeeper,
    volume: VolumeRef,
    { observer, seek, signal }: Watching,
  ): Promise<void> {
    const { storage } = this.#options;
    let misread: unknown;
    const signKey = volume.signKey ?? this.#options.signKey;
    const options = { ...this.#options, signKey, seek, signal };
    for await (const chunk of decodeFile(storage, volume, options)) {
      noteShortLived(buffersPerByte * chunk.length);
      try {
        if (misread === undefined) observer?.chunk(chunk);
        seek?.chunk(chunk);
      } catch (error) {
        misread = error; // counts only if the volume is what it should be: else that is the reason
      }
      await keeper.add(chunk);
    }
    await keeper.end();
    if (misread !== undefined) throw misread as Error;
  }
}
