import { countBlocks, plaintextOffsetAt } from '../../archive/index.js';

/**
 * The index of the block that holds the byte at `offset` of the plaintext, which must lie within it. `packed` are a
 * table's blocks, not none.
 */
export function findBlock(packed: Buffer, offset: number): number {
  let low = 0;
  let high = countBlocks(packed) - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (plaintextOffsetAt(packed, middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
