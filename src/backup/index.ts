/** Writing backups: compare the source with the last set, and write what changed. */
export { backup } from './backup.js';
export { withArchiveLock } from './lock.js';
export type { BackupOptions, BackupResult, Progress } from './options.js';
export { plainWalk } from './plain-walk.js';
export type { SourceEntry, SourceItem, SourceWalk, UnreadableSource } from './source-entry.js';
export { deltaEntries, formatStatistics } from './statistics.js';
export type { Counts, Statistics } from './statistics.js';
