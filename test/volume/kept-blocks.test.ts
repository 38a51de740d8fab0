import { describe, expect, it } from 'vitest';
import { SlotFile, slotBytes } from '../../src/volume/index.js';
import { KeptBlocks } from '../../src/volume/slots/kept-blocks.js';
import { SlotMemory } from '../../src/volume/slots/slot-memory.js';
import { noise } from '../support/noise.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

async function open({ memorySlots = 1, fileSlots = 8, othersSlots = 0 } = {}) {
  const file = await SlotFile.open(newFolder(), fileSlots * slotBytes);
  const others = await Promise.all(
    Array.from({ length: othersSlots }, (_, at) => file.put(noise(100, 1000 + at))),
  );
  const memory = new SlotMemory(memorySlots * slotBytes, (id, kept) => {
    blocks.keep(id, kept);
  });
  const makeRoom = (): boolean => {
    const other = others.pop();
    if (other !== undefined) file.free(other);
    return other !== undefined;
  };
  const blocks: KeptBlocks = new KeptBlocks({ memory, file, makeRoom });
  /** Once it is on the disk. */
  const settled = async (id: number): Promise<void> => {
    await expect.poll(() => blocks.has(id)).toBe(true);
  };
  return { file, blocks, settled };
}

describe('a block that memory has no more room for', () => {
  it('is read from the disk cache, in any part', async () => {
    const { blocks, file, settled } = await open({ memorySlots: 3 });
    const large = noise(2 * slotBytes + 777, 1);
    blocks.set(-1, large);
    blocks.set(-2, noise(3 * slotBytes, 2));
    await settled(-1);
    for (const [from, length] of [
      [0, 10],
      [slotBytes - 5, 13],
      [3, 2 * slotBytes],
      [2 * slotBytes + 700, 77],
      [2 * slotBytes + 770, 100],
    ] as const) {
      expect(blocks.part(-1, from, length)).toEqual(large.subarray(from, from + length));
    }
    await blocks.close();
    expect(file.room).toBe(8);
  });

  it('is dropped when it was read to its end', async () => {
    const { blocks, settled } = await open();
    blocks.set(-1, noise(slotBytes, 1));
    blocks.part(-1, 0, slotBytes - 4000);
    blocks.set(-2, noise(slotBytes, 2));
    blocks.noteRead(-2, slotBytes - 5000);
    blocks.set(-3, noise(slotBytes, 3));
    await settled(-2);
    expect([-1, -2, -3].map((id) => blocks.has(id))).toEqual([false, true, true]);
  });

  it('makes room for itself: of others, and of blocks when those have their share', async () => {
    const { blocks, file, settled } = await open({ fileSlots: 8, othersSlots: 7 });
    const bytes = (id: number): Buffer => noise(slotBytes, -id);
    for (let id = -1; id >= -5; id -= 1) {
      blocks.set(id, bytes(id));
      if (id < -1) await settled(id + 1);
    }
    expect(file.room).toBe(0);
    // two of the file's eight slots are their share
    expect([-1, -2, -3, -4].map((id) => blocks.has(id))).toEqual([false, false, true, true]);
    expect(blocks.part(-4, 9, 9)).toEqual(bytes(-4).subarray(9, 18));
    expect(blocks.evict()).toBe(true);
    expect(file.room).toBe(1);
  });

  it('is given up where the disk has no room', async () => {
    const { blocks, file } = await open({ fileSlots: 2 });
    blocks.set(-1, noise(slotBytes, 1));
    file.put = () => Promise.resolve(undefined);
    blocks.set(-2, noise(slotBytes, 2));
    await blocks.close();
    expect(blocks.has(-1)).toBe(false);
    expect(blocks.part(-1, 0, 1)).toBeUndefined();
  });
});
