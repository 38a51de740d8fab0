const unit = 512;
/** duplicity aims at this many chunks a file. */
const chunksWanted = 2000;

export const defaultMaxBlockLength = 2048;

/**
 * The block length in bytes that duplicity gives the signature of a file of `size` bytes
 * (docs/format/1-bytes.md 6.2).
 * @param maxBlockLength duplicity's --max-blocksize, in bytes
 */
export function blockLengthFor(size: number, maxBlockLength = defaultMaxBlockLength): number {
  const wanted = Math.floor(size / (chunksWanted * unit)) * unit;
  return size < chunksWanted * unit ? unit : Math.min(wanted, maxBlockLength);
}
