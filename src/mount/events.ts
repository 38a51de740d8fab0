/** What mount/ tells while it works; in words: src/cli/events/mount.ts. */
export type MountEvent = { readonly level: 'debug'; readonly code: 'mount-placeholder' };
