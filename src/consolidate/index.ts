/** Makes a full out of a chain: the tree of a snapshot, rebuilt and verified, written as a backup writes. */
export { encodingLike, protectionOf } from './chain-protection.js';
export type { ChainProtection, WritingMeans } from './chain-protection.js';
export { consolidate } from './consolidate.js';
export type { ConsolidateOptions, ConsolidateResult, Writing } from './consolidate.js';
export type { ConsolidateEvent } from './events.js';
