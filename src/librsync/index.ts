/** librsync's signatures and deltas (docs/format/1-bytes.md 6): pure computation on bytes. */
export { applyDelta } from './apply-delta.js';
export { DeltaCommands } from './delta-commands.js';
export type { DeltaCommand } from './delta-commands.js';
export { DeltaParser } from './delta-parser.js';
export type { DeltaParserOptions, DeltaSink } from './delta-parser.js';
export { readDeltaCommands } from './read-delta-commands.js';
export type { ReadDelta, ReadDeltaOptions } from './read-delta-commands.js';
export { ChunkSums, wordsPerChunk } from './chunk-sums.js';
export type { SumsByChunk } from './chunk-sums.js';
export { blockLengthFor, defaultMaxBlockLength } from './block-length-for.js';
export { DeltaBuilder } from './delta-builder.js';
export type { DeltaBuilderOptions } from './delta-builder.js';
export type { SumsAhead } from './sums-ahead.js';
export { parseSignature, unusableReason } from './signature.js';
export type { Signature, SignatureKind } from './signature.js';
export { SignatureCheck } from './signature-check.js';
export { SignatureBuilder } from './signature-builder.js';
