import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlockArena, blockLength } from '../../src/volume/index.js';
import { BlockMemory } from '../../src/volume/block-memory.js';
import { DecodedReader, holdsRange } from '../../src/volume/reading/read-decoded.js';
import type { KeptBlocks } from '../../src/volume/reading/read-decoded.js';
import { noise } from '../support/noise.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const tail = 1000;
const plaintext = Buffer.concat([
  noise(2 * blockLength, 1),
  Buffer.alloc(blockLength),
  noise(tail, 2),
]);
let arena: BlockArena;
let kept: KeptBlocks;

beforeAll(async () => {
  arena = await BlockArena.open(newFolder(), 2 ** 22);
  const blocks = [];
  for (let at = 0; at < plaintext.length; at += blockLength) {
    blocks.push(await arena.put(plaintext.subarray(at, at + blockLength)));
  }
  kept = { length: plaintext.length, first: 0, blocks };
});

afterAll(async () => {
  await arena.close();
});

function newReader(): DecodedReader {
  return new DecodedReader(new BlockMemory(blockLength), arena, (id, index) => id * 1000 + index);
}

describe('a read of a decoded volume', () => {
  it('gives the same bytes at any place and of any length, once and again', () => {
    const reader = newReader();
    const places = [0, 1, 15, 16, 17, blockLength - 1, blockLength, 2 * blockLength - 5];
    const ends = [3 * blockLength - 3, 3 * blockLength, plaintext.length - 1];
    for (const offset of [...places, ...ends]) {
      for (const length of [1, 16, 100, 70_000, blockLength + 7, 3 * blockLength]) {
        const wanted = plaintext.subarray(offset, Math.min(offset + length, plaintext.length));
        for (let again = 0; again < 3; again += 1) {
          const read = reader.read(1, kept, offset, wanted.length);
          expect(read.equals(wanted), `${offset}+${length}`).toBe(true);
        }
      }
    }
  });

  it('gives bytes that the caller may change', () => {
    const reader = newReader();
    for (let again = 0; again < 3; again += 1) {
      const read = reader.read(1, kept, 100, 50);
      expect(read).toEqual(plaintext.subarray(100, 150));
      read.fill(0);
    }
  });

  it('is possible only where all blocks are kept', () => {
    const window: KeptBlocks = { ...kept, first: 1, blocks: kept.blocks.slice(1, 2) };
    expect(holdsRange(window, blockLength, blockLength)).toBe(true);
    expect(holdsRange(window, blockLength - 1, 2)).toBe(false);
    expect(holdsRange(window, 2 * blockLength - 1, 2)).toBe(false);
    expect(holdsRange(kept, plaintext.length - 1, 1)).toBe(true);
    expect(holdsRange(kept, plaintext.length - 1, 2)).toBe(false);
  });
});
