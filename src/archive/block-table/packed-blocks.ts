/**
 * Blocks as bytes, 36 each, which take less memory than objects, go to another thread as they are, and stand so in the
 * catalog and the state of a set. A record: plaintext offset (6 bytes) and length (4), file offset (6) and length (4),
 * digest (16); numbers have their highest byte first.
 */
import type { Block } from './block-table.js';
import { digestBytes } from './block-table.js';

const recordBytes = 20 + digestBytes;

/**
 * Packs blocks, which follow each other without gaps from the start of the plaintext. A RangeError when they do not, or
 * when a number does not fit.
 */
export function packBlocks(blocks: readonly Block[]): Buffer {
  const packed = Buffer.alloc(blocks.length * recordBytes);
  let plaintextEnd = 0;
  for (const [index, block] of blocks.entries()) {
    if (block.plaintextOffset !== plaintextEnd) throw new RangeError('blocks with a gap');
    if (block.digest.length !== digestBytes) {
      throw new RangeError(`${block.digest.length} bytes, not ${digestBytes}`);
    }
    const at = index * recordBytes;
    packed.writeUIntBE(block.plaintextOffset, at, 6);
    packed.writeUInt32BE(block.plaintextLength, at + 6);
    packed.writeUIntBE(block.fileOffset, at + 10, 6);
    packed.writeUInt32BE(block.fileLength, at + 16);
    block.digest.copy(packed, at + 20);
    plaintextEnd += block.plaintextLength;
  }
  return packed;
}

/**
 * What is wrong with packed blocks of a plaintext of that length: a clause ("are cut short"); undefined when they are
 * whole, follow each other without gaps and make up the length. No blocks at all are right for any length.
 */
export function faultOfBlocks(packed: Buffer, plaintextLength: number): string | undefined {
  if (packed.length % recordBytes !== 0) return 'are cut short';
  let end = 0;
  for (let at = 0; at < packed.length; at += recordBytes) {
    if (packed.readUIntBE(at, 6) !== end) return 'have a gap';
    const length = packed.readUInt32BE(at + 6);
    if (length === 0) return 'are empty';
    end += length;
  }
  return packed.length > 0 && end !== plaintextLength ? 'do not make up the plaintext' : undefined;
}

export function countBlocks(packed: Buffer): number {
  return packed.length / recordBytes;
}

/** Where the plaintext of the block `index`, which must be there, begins. */
export function plaintextOffsetAt(packed: Buffer, index: number): number {
  return packed.readUIntBE(index * recordBytes, 6);
}

/** The block `index`, which must be there. Its digest shares the packed bytes. */
export function blockAt(packed: Buffer, index: number): Block {
  const at = index * recordBytes;
  return {
    plaintextOffset: packed.readUIntBE(at, 6),
    plaintextLength: packed.readUInt32BE(at + 6),
    fileOffset: packed.readUIntBE(at + 10, 6),
    fileLength: packed.readUInt32BE(at + 16),
    digest: packed.subarray(at + 20, at + recordBytes),
  };
}

/** The blocks from `first` on, at most `count` of them: all when nothing else is said. */
export function unpackBlocks(packed: Buffer, first = 0, count = countBlocks(packed)): Block[] {
  const end = Math.min(first + count, countBlocks(packed));
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => blockAt(packed, first + at));
}
