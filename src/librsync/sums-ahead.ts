import type { SumsByChunk } from './chunk-sums.js';

/** Sums of the new file's chunks that are made elsewhere while it goes by; chunk n begins at n block lengths. */
export interface SumsAhead extends SumsByChunk {
  /**
   * Up to which chunk the sums are there from this one on; it may wait for them. The chunk itself where they are not to
   * be had. No chunk before it will be asked for any more.
   */
  until(chunk: number): number;
}
