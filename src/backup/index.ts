/** Writing backups: compare the source with the last set, and write what changed. */
export { backup } from './backup.js';
export type { BackupEvent } from './events.js';
export type { BackupOptions, BackupResult, Progress, Walk } from './options.js';
export { deltaEntries } from './statistics.js';
export type { Counts, Statistics } from './statistics.js';
