const UNIT = 512;
/** duplicity aims at this many blocks a file. */
const BLOCKS_WANTED = 2000;

export const DEFAULT_MAX_BLOCK_LENGTH = 2048;

/**
 * The block length in bytes that duplicity gives the signature of a file of `size` bytes
 * (docs/format/1-bytes.md 6.2).
 * @param maxBlockLength duplicity's --max-blocksize, in bytes
 */
export function blockLengthFor(size: number, maxBlockLength = DEFAULT_MAX_BLOCK_LENGTH): number {
  const wanted = Math.floor(size / (BLOCKS_WANTED * UNIT)) * UNIT;
  return size < BLOCKS_WANTED * UNIT ? UNIT : Math.min(wanted, maxBlockLength);
}
