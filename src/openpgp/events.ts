/** What openpgp/ tells while it works; in words: src/cli/events/openpgp.ts. */
export type OpenPgpEvent = { readonly level: 'debug'; readonly code: 'openpgp-placeholder' };
