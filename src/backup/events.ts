/** What backup/ tells while it works; in words: src/cli/events/backup.ts. */
export type BackupEvent = { readonly level: 'debug'; readonly code: 'backup-placeholder' };
