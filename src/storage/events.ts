/** What storage/ tells while it works; in words: src/cli/events/storage.ts. */
export type StorageEvent = { readonly level: 'debug'; readonly code: 'storage-placeholder' };
