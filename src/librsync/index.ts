/** librsync's signatures and deltas (docs/format/1-bytes.md 6): pure computation on bytes. */
export { applyDelta } from './applyDelta.js';
export { DeltaCommands } from './deltaCommands.js';
export type { DeltaCommand } from './deltaCommands.js';
export { DeltaLengthCounter } from './deltaLengthCounter.js';
export { DeltaParser } from './deltaParser.js';
export type { DeltaParserOptions, DeltaSink } from './deltaParser.js';
export { readDeltaCommands } from './readDeltaCommands.js';
export type { ReadDelta, ReadDeltaOptions } from './readDeltaCommands.js';
export { blockLengthFor, DEFAULT_MAX_BLOCK_LENGTH } from './blockLengthFor.js';
export { DeltaBuilder } from './deltaBuilder.js';
export type { DeltaBuilderOptions } from './deltaBuilder.js';
export { parseSignature, unusableReason } from './signature.js';
export type { Signature, SignatureKind } from './signature.js';
export { SignatureBuilder } from './signatureBuilder.js';
