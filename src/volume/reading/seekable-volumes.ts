/**
 * Volumes with a table of blocks as random-access plaintext: a read costs the blocks that it touches.
 *
 * A reader that goes on where it left off gets the next blocks fetched and decoded before it asks, in
 * one range that doubles up to `maxAhead` blocks: that is also how small files that lie side by side come
 * from one fetch. A reader that jumps pays for nothing but its block.
 */
import { countBlocks, plaintextOffsetAt } from '../../archive/index.js';
import type { BlockTable } from '../../archive/index.js';
import { SharedTask } from '../../base/index.js';
import { noteShortLived } from '../../threads/index.js';
import type { KeptBlocks } from '../slots/kept-blocks.js';
import { findBlock } from './find-block.js';
import type { BlockReader } from './read-blocks.js';

export interface SeekableVolume {
  readonly id: number;
  readonly table: BlockTable;
  readonly reader: BlockReader;
}

/** Blocks fetched ahead at most, and what they may hold: those of other programs' volumes are larger than ours. */
const maxAhead = 16;
const maxAheadBytes = 4 * 2 ** 20;
/** Bytes of buffers that come and go for one of plaintext: fetched, joined, decrypted, inflated, encrypted for the disk. */
const buffersPerByte = 4;

/** From `from` to `to` of the plaintext of the block `index`. */
interface PartOfBlock {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly wanted: number;
}

interface Progress {
  /** The block after the last that was asked for. */
  next: number;
  /** How many are fetched ahead at the next step. */
  ahead: number;
  /** The first block that nothing was fetched of yet, in this run. */
  fetched: number;
}

export class SeekableVolumes {
  readonly #kept: KeptBlocks;
  readonly #blockId: (volumeId: number, index: number) => number;
  readonly #fetching = new Map<number, FetchTask>();
  readonly #progress = new Map<number, Progress>();
  readonly #decoded = new Map<number, number>();
  /** Bytes of buffers of fetches that are over. */
  #garbage = 0;

  /** `kept` holds decoded blocks by what `blockId` makes of them. */
  constructor(kept: KeptBlocks, blockId: (volumeId: number, index: number) => number) {
    this.#kept = kept;
    this.#blockId = blockId;
  }

  /**
   * Bytes of the plaintext, all of which must lie within it: at once when they are at hand. They belong
   * to the caller.
   */
  read(
    volume: SeekableVolume,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Buffer | Promise<Buffer> {
    const first = findBlock(volume.table.blocks, offset);
    const last = findBlock(volume.table.blocks, offset + length - 1);
    this.#readAhead(volume, first, last);
    if (first === last) {
      const from = offset - plaintextOffsetAt(volume.table.blocks, first);
      const known = this.#kept.part(this.#blockId(volume.id, first), from, length);
      if (known !== undefined) return known;
    }
    return this.#collect(volume, offset, length, signal);
  }

  async #collect(
    volume: SeekableVolume,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const first = findBlock(volume.table.blocks, offset);
    const last = findBlock(volume.table.blocks, offset + length - 1);
    const parts: Buffer[] = [];
    for (let index = first; index <= last; index += 1) {
      const start = plaintextOffsetAt(volume.table.blocks, index);
      const [from, to] = [Math.max(0, offset - start), offset + length - start];
      const part = { index, from, to, wanted: last - index + 1 };
      parts.push(await this.#partOf(volume, part, signal));
    }
    return Buffer.concat(parts, length); // also of one: others may have been given the same block
  }

  /** Of one block; if it has to be fetched, up to `wanted` with it. What comes may be part of what others have. */
  async #partOf(
    volume: SeekableVolume,
    part: PartOfBlock,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const { index, from, to, wanted } = part;
    const id = this.#blockId(volume.id, index);
    const known = this.#kept.part(id, from, to - from);
    if (known !== undefined) return known;
    const task = this.#pending(id) ?? this.#fetch(volume, index, wanted);
    const block = (await task.wait(signal))[index - task.first];
    if (block === undefined) return this.#partOf(volume, { ...part, wanted: 1 }, signal);
    this.#kept.noteRead(id, to);
    return block.subarray(from, to);
  }

  /** The bytes of plaintext that were decoded of a volume, each as often as it was, since they were last forgotten. */
  decodedBytes(volumeId: number): number {
    return this.#decoded.get(volumeId) ?? 0;
  }

  forgetDecoded(volumeId: number): void {
    this.#decoded.delete(volumeId);
  }

  /** Gives up what is being fetched, whoever waits for it. */
  close(): void {
    for (const task of this.#fetching.values()) task.abandon();
  }

  #pending(id: number): FetchTask | undefined {
    const task = this.#fetching.get(id);
    return task === undefined || task.abandoned ? undefined : task;
  }

  /** Fetches blocks from `first`, as many as follow without being known or under way. */
  #fetch(volume: SeekableVolume, first: number, wanted: number): FetchTask {
    let count = 1;
    const limit = Math.min(wanted, countBlocks(volume.table.blocks) - first);
    while (count < limit && !this.#isThere(volume, first + count)) count += 1;
    const ids = Array.from({ length: count }, (_, at) => this.#blockId(volume.id, first + at));
    const task: FetchTask = new FetchTask(first, async (signal) => {
      try {
        noteShortLived(this.#garbage); // not when it comes: it is in use then, and would last
        this.#garbage = 0;
        const blocks = await volume.reader.read(first, count, signal);
        for (const [at, block] of blocks.entries()) {
          this.#decoded.set(volume.id, this.decodedBytes(volume.id) + block.length);
          this.#garbage += buffersPerByte * block.length;
          const id = ids[at];
          if (id !== undefined) this.#kept.set(id, block);
        }
        return blocks;
      } finally {
        for (const id of ids) if (this.#fetching.get(id) === task) this.#fetching.delete(id);
      }
    });
    for (const id of ids) this.#fetching.set(id, task);
    return task;
  }

  #isThere(volume: SeekableVolume, index: number): boolean {
    const id = this.#blockId(volume.id, index);
    return this.#kept.has(id) || this.#pending(id) !== undefined;
  }

  /** Notes where a volume is read, and starts the next fetch for a reader that goes straight on. */
  #readAhead(volume: SeekableVolume, first: number, last: number): void {
    const progress = this.#progress.get(volume.id);
    if (progress === undefined || first > progress.next || last + 1 < progress.next) {
      this.#progress.set(volume.id, { next: last + 1, ahead: 1, fetched: last + 1 });
      return;
    }
    if (last + 1 === progress.next) return; // still in the same block
    progress.next = last + 1;
    if (progress.fetched > progress.next + progress.ahead / 2) return;
    const from = Math.max(progress.fetched, progress.next);
    progress.ahead = Math.min(mostAhead(volume.table), progress.ahead * 2);
    if (from >= countBlocks(volume.table.blocks)) return;
    progress.fetched = from + progress.ahead;
    if (this.#isThere(volume, from)) return;
    // nobody waits for it; whoever asks for its blocks gets its error
    void this.#fetch(volume, from, progress.ahead)
      .wait()
      .catch(() => undefined);
  }
}

function mostAhead({ plaintextLength, blocks }: BlockTable): number {
  const average = plaintextLength / countBlocks(blocks);
  return Math.max(1, Math.min(maxAhead, Math.floor(maxAheadBytes / average)));
}

class FetchTask extends SharedTask<Buffer[]> {
  /** The index of the first block. */
  readonly first: number;

  constructor(first: number, work: (signal: AbortSignal) => Promise<Buffer[]>) {
    super(work);
    this.first = first;
  }
}
