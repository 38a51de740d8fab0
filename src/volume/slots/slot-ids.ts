/** The numbers by which SlotMemory knows what it holds: slots of decoded volumes and single blocks side by side. */

/** More slots or blocks than any volume may have (256 GiB). */
export const slotsPerVolume = 2 ** 20;

/** Of a volume's plaintext the 256 KiB from `index` times as many. */
export function slotId(volumeId: number, index: number): number {
  return volumeId * slotsPerVolume + index;
}

/** Of a volume with a table the block `index`, which may be of another length. */
export function blockId(volumeId: number, index: number): number {
  return -1 - slotId(volumeId, index);
}

/** Whether it is a number of `blockId`, and not of `slotId`. */
export function isBlockId(id: number): boolean {
  return id < 0;
}
