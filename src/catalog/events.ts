/** What catalog/ tells while it works; in words: src/cli/events/catalog.ts. */
export type CatalogEvent = { readonly level: 'debug'; readonly code: 'catalog-placeholder' };
