/**
 * Reads of volumes that lie decoded in the disk cache, answered at once.
 *
 * Only what is asked for is read and decrypted, so that a reader of random places does not pay for their
 * surroundings; but the second small read from a block fetches all of it into memory, for who reads small
 * files side by side comes again.
 */
import { LRUCache } from 'lru-cache';
import { noteShortLived } from '../../threads/index.js';
import { blockLength } from '../block-arena.js';
import type { BlockArena, StoredBlock } from '../block-arena.js';
import type { BlockMemory } from '../block-memory.js';

/** The blocks of a decoded volume, or a window of them. */
export interface KeptBlocks {
  /** Of the volume's plaintext, in bytes. */
  readonly length: number;
  /** Index of the first block that was kept. */
  readonly first: number;
  readonly blocks: readonly StoredBlock[];
}

/** Bytes; who reads more at a time hardly ever comes back to the same block. */
const smallRead = blockLength / 4;
const touchedBlocks = 64;

export class DecodedReader {
  readonly #memory: BlockMemory;
  readonly #arena: BlockArena;
  readonly #blockId: (volumeId: number, index: number) => number;
  /** Blocks of which a small part was read a short time ago. */
  readonly #touched = new LRUCache<number, true>({ max: touchedBlocks });

  /** `memory` holds blocks by what `blockId` makes of them. */
  constructor(
    memory: BlockMemory,
    arena: BlockArena,
    blockId: (volumeId: number, index: number) => number,
  ) {
    this.#memory = memory;
    this.#arena = arena;
    this.#blockId = blockId;
  }

  /** Bytes that all lie in kept blocks (holdsRange). They belong to the caller. */
  read(volumeId: number, kept: KeptBlocks, offset: number, length: number): Buffer {
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / blockLength);
      const from = at - index * blockLength;
      const taken = Math.min(offset + length - at, blockLength - from);
      parts.push(this.#part(this.#blockId(volumeId, index), kept, index, from, taken));
      at += taken;
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    noteShortLived(length);
    return Buffer.concat(parts, length);
  }

  #part(id: number, kept: KeptBlocks, index: number, from: number, length: number): Buffer {
    const known = this.#memory.part(id, from, length);
    if (known !== undefined) return known;
    const stored = kept.blocks[index - kept.first];
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
}

/** Whether all of a range lies in blocks that are kept. */
export function holdsRange(kept: KeptBlocks, offset: number, length: number): boolean {
  if (offset + length > kept.length) return false;
  const last = Math.floor((offset + length - 1) / blockLength);
  return offset >= kept.first * blockLength && last < kept.first + kept.blocks.length;
}
