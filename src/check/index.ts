/** Whether a backup is well: by names, manifests, signatures and indexes, and by reading its volumes. */
export { checkBackup } from './check.js';
export type { CheckOptions, CheckResult } from './check.js';
export type { CheckedSet } from './check-set.js';
export type { CheckEvent, CheckFinding } from './events.js';
export { errorOf } from './finding.js';
export type { CheckedFile, Finding } from './finding.js';
export { readIndex } from './read-index.js';
export type { IndexFacts } from './read-index.js';
export { forgetVolume } from './read-memory.js';
export type { ReadProgress, ReadResult } from './read-volumes.js';
export type { Share } from './share.js';
