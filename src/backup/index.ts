/** Writing backups: compare the source with the last set, and write what changed. */
export { backup } from './backup.js';
export { withArchiveLock } from './lock/archive-lock.js';
export { targetHolders, type TargetHolder } from './lock/target-lock.js';
export type { BackupOptions, BackupResult, Progress, Walk } from './options.js';
export type { PreviousEntry } from './previous/sigtar-entries.js';
export { signaturesUpTo, signedTree } from './previous/signed-tree.js';
export { deltaEntries, formatStatistics } from './statistics.js';
export type { Counts, Statistics } from './statistics.js';
export type { BackupEvent } from './events.js';
