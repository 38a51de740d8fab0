/** The tree that a chain's sigtars tell of. */
export { sigtarEntries, withSignature } from './sigtar-entries.js';
export type { PreviousEntry, SignedEntry } from './sigtar-entries.js';
export { PathTypes } from './path-types.js';
export { previousTree } from './previous-tree.js';
export { setsWithoutSignatures, signaturesUpTo, signedTree } from './signed-tree.js';
