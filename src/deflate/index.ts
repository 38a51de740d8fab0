/** Blocks of deflate that stand alone, by ISA-L or zlib. */
export { deflateBlock, prepareDeflate } from './deflate-block.js';
