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

  it('does not keep a block that is longer than its room', () => {
    const memory = new SlotMemory(slotBytes);
    memory.set(1, filled(1, slotBytes + 1));
    expect(memory.has(1)).toBe(false);
  });
});
