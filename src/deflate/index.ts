/** Blocks of deflate that stand alone, by ISA-L or zlib, and places in streams of others from which they can be inflated. */
export { deflateBlock, prepareDeflate } from './deflate-block.js';
export { feedInCuts } from './feed-in-cuts.js';
export { inflateFrom } from './inflate-from.js';
export type { DeflatedPart } from './inflate-from.js';
export { largePieces, pieceBytes } from './large-pieces.js';
export { SeekPointFinder, unpackWindow } from './seek-points.js';
export type { SeekPoint, SeekPointSpacing } from './seek-points.js';
