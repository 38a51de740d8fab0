import { describe, expect, it } from 'vitest';
import { slotBytes } from '../../src/volume/index.js';
import { SlotMemory } from '../../src/volume/slots/slot-memory.js';

const filled = (byte: number, length = slotBytes): Buffer => Buffer.alloc(length, byte);

describe('memory for blocks', () => {
  it('keeps as many blocks as fit, and gives up the one that was not used for longest', () => {
    const memory = new SlotMemory(2 * slotBytes);
    memory.set(1, filled(1));
    memory.set(2, filled(2));
    expect(memory.get(1)?.equals(filled(1))).toBe(true);
    memory.set(3, filled(3));
    expect([1, 2, 3].map((id) => memory.has(id))).toEqual([true, false, true]);
  });

  it('hands out copies that stay what they were when the block gives way', () => {
    const memory = new SlotMemory(slotBytes);
    memory.set(1, filled(1));
    const part = memory.part(1, 10, 5);
    memory.set(2, filled(2));
    part?.fill(9, 0, 1);
    expect(part).toEqual(Buffer.of(9, 1, 1, 1, 1));
    expect(memory.get(2)?.equals(filled(2))).toBe(true);
  });

  it('ends parts where a short block ends, whatever was there before', () => {
    const memory = new SlotMemory(slotBytes);
    memory.set(1, filled(1));
    memory.set(2, filled(2, 10));
    expect(memory.part(2, 8, 100)).toEqual(filled(2, 2));
    memory.set(2, filled(3, 12));
    expect(memory.get(2)).toEqual(filled(3, 12));
  });

  it('keeps a block that takes several slots, and gives up as many as it needs', () => {
    const memory = new SlotMemory(4 * slotBytes);
    const bytes = Buffer.alloc(2 * slotBytes + 7, 'abcdefghijk');
    memory.set(1, filled(1));
    memory.set(2, filled(2));
    memory.set(3, bytes);
    expect([1, 2, 3].map((id) => memory.has(id))).toEqual([false, true, true]);
    expect(memory.get(3)?.equals(bytes)).toBe(true);
    for (const [from, length] of [
      [0, 5],
      [slotBytes - 3, 6],
      [slotBytes, slotBytes],
      [5, 2 * slotBytes],
      [2 * slotBytes + 3, 100],
    ] as const) {
      const part = memory.part(3, from, length);
      expect(part?.equals(bytes.subarray(from, from + length))).toBe(true);
    }
    expect(memory.part(3, bytes.length, 10)).toEqual(Buffer.alloc(0));
    memory.set(4, filled(4, 3 * slotBytes));
    expect([2, 3, 4].map((id) => memory.has(id))).toEqual([false, false, true]);
    memory.set(5, filled(5));
    expect([4, 5].map((id) => memory.has(id))).toEqual([true, true]);
  });

  it('does not keep a block that is longer than its room', () => {
    const memory = new SlotMemory(slotBytes);
    memory.set(1, filled(1, slotBytes + 1));
    expect(memory.has(1)).toBe(false);
  });
});
