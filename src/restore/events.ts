/** What restore/ tells while it works; in words: src/cli/events/restore.ts. */
export type RestoreEvent = { readonly level: 'debug'; readonly code: 'restore-placeholder' };
