/** What target/ tells while it works; in words: src/cli/events/target.ts. */
export type TargetEvent = { readonly level: 'debug'; readonly code: 'target-placeholder' };
