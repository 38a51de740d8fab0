/**
 * What stands for all that an index says of a volume, in few bytes, made once from the index and once from the decoded
 * volume: the digests of its blocks, and the places of its files. So volumes of any number can be held against an index
 * without keeping it.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { appendPiece, blockAt, countBlocks, digestBytes } from '../archive/index.js';
import type { BlockTable, DifftarEntry, PieceRun } from '../archive/index.js';

/** How a volume's plaintext is cut, and the SHA-256 over the digests of the parts. */
export interface BlockSums {
  readonly lengths: readonly number[];
  readonly plaintextLength: number;
  /** Hexadecimal; undefined where the index knows no blocks. */
  readonly digests: string | undefined;
}

/** Lengths that repeat are given once: blocks are of equal length but for the last. */
export function blockSumsOf({ blocks, plaintextLength }: BlockTable): BlockSums {
  const count = countBlocks(blocks);
  if (count === 0) return { lengths: [], plaintextLength, digests: undefined };
  const all = createHash('sha256');
  const lengths: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const block = blockAt(blocks, at);
    all.update(block.digest);
    lengths.push(block.plaintextLength);
  }
  const [first = 0] = lengths;
  const isEven = lengths.every((length, at) => length === first || at === count - 1);
  return { lengths: isEven ? [first] : lengths, plaintextLength, digests: all.digest('hex') };
}

/** Cuts a plaintext as an index says, and sums up the parts. */
export class BlockSummer {
  readonly #lengths: readonly number[];
  readonly #all = createHash('sha256');
  #block = createHash('sha256');
  #index = 0;
  #left: number;
  #length = 0;

  constructor({ lengths }: BlockSums) {
    this.#lengths = lengths;
    this.#left = this.#lengthAt(0);
  }

  update(chunk: Buffer): void {
    this.#length += chunk.length;
    for (let at = 0; at < chunk.length;) {
      const taken = Math.min(this.#left, chunk.length - at);
      this.#block.update(chunk.subarray(at, at + taken));
      this.#left -= taken;
      at += taken;
      if (this.#left === 0) this.#next();
    }
  }

  isSameAs({ plaintextLength, digests }: BlockSums): boolean {
    if (this.#left < this.#lengthAt(this.#index)) this.#next();
    return this.#length === plaintextLength && this.#all.digest('hex') === digests;
  }

  #next(): void {
    this.#all.update(this.#block.digest().subarray(0, digestBytes));
    this.#block = createHash('sha256');
    this.#index += 1;
    this.#left = this.#lengthAt(this.#index);
  }

  /** What lies behind all blocks of an index is one more, which the index does not have. */
  #lengthAt(index: number): number {
    const [first = 0] = this.#lengths;
    const length = this.#lengths.length === 1 ? first : this.#lengths[index];
    return length === undefined || length === 0 ? Number.MAX_SAFE_INTEGER : length;
  }
}

/** SHA-256 over the places of all regular files in a volume. */
export class PlaceSums {
  readonly #hash: Hash = createHash('sha256');

  add(path: string, { offset, length, count, stride }: PieceRun): void {
    this.#hash.update(`${offset} ${length} ${count} ${stride} ${path}\0`);
  }

  /** Hexadecimal. Nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

/** The same from the entries of a volume as they come by. */
export class PlaceSummer {
  readonly #sums = new PlaceSums();
  #path = '';
  #runs: PieceRun[] = [];

  entry(entry: DifftarEntry, offset: number): void {
    const isNext =
      entry.kind !== 'deleted' && entry.piece !== undefined && entry.path === this.#path;
    if (!isNext) this.#flush();
    this.#path = entry.path;
    if (entry.kind === 'deleted' || entry.type !== 'reg') return;
    appendPiece(this.#runs, { volume: 1, offset, length: entry.dataLength });
  }

  /** Hexadecimal. */
  end(): string {
    this.#flush();
    return this.#sums.end();
  }

  #flush(): void {
    for (const run of this.#runs) this.#sums.add(this.#path, run);
    this.#runs = [];
  }
}
