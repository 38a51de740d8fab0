/**
 * Where the blocks of a volume lie that can be decoded alone: what an index says of it
 * (docs/index-format.md), in the compact form that the catalog keeps. It holds no secret: the session
 * key is not part of it.
 */
import { DuplifsError } from '../../base/index.js';

export interface SeekBlock {
  readonly plaintextOffset: number;
  readonly plaintextLength: number;
  readonly fileOffset: number;
  readonly fileLength: number;
  /** The first 16 bytes of the SHA-256 of the plaintext. */
  readonly digest: Buffer;
}

const digestBytes = 16;
/** Plaintext offset (6) and length (4), file offset (6) and length (4), digest. */
const recordBytes = 20 + digestBytes;

export class SeekTable {
  readonly plaintextLength: number;
  /** What else the container's reader must know (read-blocks.ts). */
  readonly layout: readonly number[];
  /** The blocks, 36 bytes each. */
  readonly packed: Buffer;

  constructor(plaintextLength: number, layout: readonly number[], packed: Buffer) {
    if (packed.length % recordBytes !== 0) {
      throw new DuplifsError('DAMAGED', 'The catalog has a damaged table of blocks');
    }
    this.plaintextLength = plaintextLength;
    this.layout = layout;
    this.packed = packed;
  }

  static of(
    plaintextLength: number,
    layout: readonly number[],
    blocks: readonly SeekBlock[],
  ): SeekTable {
    const packed = Buffer.alloc(blocks.length * recordBytes);
    for (const [index, block] of blocks.entries()) {
      const at = index * recordBytes;
      packed.writeUIntBE(block.plaintextOffset, at, 6);
      packed.writeUInt32BE(block.plaintextLength, at + 6);
      packed.writeUIntBE(block.fileOffset, at + 10, 6);
      packed.writeUInt32BE(block.fileLength, at + 16);
      block.digest.copy(packed, at + 20);
    }
    return new SeekTable(plaintextLength, layout, packed);
  }

  get count(): number {
    return this.packed.length / recordBytes;
  }

  /** The block `index`, which must be there. */
  block(index: number): SeekBlock {
    const at = index * recordBytes;
    return {
      plaintextOffset: this.packed.readUIntBE(at, 6),
      plaintextLength: this.packed.readUInt32BE(at + 6),
      fileOffset: this.packed.readUIntBE(at + 10, 6),
      fileLength: this.packed.readUInt32BE(at + 16),
      digest: this.packed.subarray(at + 20, at + recordBytes),
    };
  }

  /** Blocks from `first`, at most `count`. */
  blocks(first = 0, count = this.count): SeekBlock[] {
    const end = Math.min(first + count, this.count);
    return Array.from({ length: Math.max(0, end - first) }, (_, at) => this.block(first + at));
  }

  /** The index of the block that holds the byte at `offset` of the plaintext. */
  indexAt(offset: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.packed.readUIntBE(middle * recordBytes, 6) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
