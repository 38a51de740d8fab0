/** What volume/ tells while it works; in words: src/cli/events/volume.ts. */
export type VolumeEvent = { readonly level: 'debug'; readonly code: 'volume-placeholder' };
