import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SlotFile, slotBytes } from '../../src/volume/index.js';
import { SlotMemory } from '../../src/volume/slots/slot-memory.js';
import { DecodedReader } from '../../src/volume/reading/read-decoded.js';
import { holdsRange } from '../../src/volume/slots/kept-volumes.js';
import type { KeptSlots } from '../../src/volume/slots/kept-volumes.js';
import { noise } from '../support/noise.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const tail = 1000;
const plaintext = Buffer.concat([noise(2 * slotBytes, 1), Buffer.alloc(slotBytes), noise(tail, 2)]);
let arena: SlotFile;
let kept: KeptSlots;

beforeAll(async () => {
  arena = await SlotFile.open(newFolder(), 2 ** 22);
  const slots = [];
  for (let at = 0; at < plaintext.length; at += slotBytes) {
    const stored = await arena.put(plaintext.subarray(at, at + slotBytes));
    if (stored !== undefined) slots.push(stored);
  }
  kept = { length: plaintext.length, first: 0, slots };
});

afterAll(async () => {
  await arena.close();
});

function newReader(): DecodedReader {
  return new DecodedReader(new SlotMemory(slotBytes), arena, (id, index) => id * 1000 + index);
}

describe('a read of a decoded volume', () => {
  it('gives the same bytes at any place and of any length, once and again', () => {
    const reader = newReader();
    const places = [0, 1, 15, 16, 17, slotBytes - 1, slotBytes, 2 * slotBytes - 5];
    const ends = [3 * slotBytes - 3, 3 * slotBytes, plaintext.length - 1];
    for (const offset of [...places, ...ends]) {
      for (const length of [1, 16, 100, 70_000, slotBytes + 7, 3 * slotBytes]) {
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

  it('is possible only where all slots are kept', () => {
    const window: KeptSlots = { ...kept, first: 1, slots: kept.slots.slice(1, 2) };
    expect(holdsRange(window, slotBytes, slotBytes)).toBe(true);
    expect(holdsRange(window, slotBytes - 1, 2)).toBe(false);
    expect(holdsRange(window, 2 * slotBytes - 1, 2)).toBe(false);
    expect(holdsRange(kept, plaintext.length - 1, 1)).toBe(true);
    expect(holdsRange(kept, plaintext.length - 1, 2)).toBe(false);
  });
});
