/** Verify: a snapshot read whole and compared with its signatures or a folder; nothing is written. */
export { verify } from './verify.js';
export type { ComparedEntry, VerifyOptions, VerifyResult } from './verify.js';
