/** Restore: a snapshot, or one path of it, written into a folder; and verify, without writing. */
export { restore } from './restore.js';
export type { RestoreOptions, RestoreProgress, RestoreResult } from './restore.js';
export { verify } from './verify.js';
export type { ComparedEntry, VerifyOptions, VerifyResult } from './verify.js';
