/** The local SQLite database over one target's chains: filling it, and asking it. */
export { Catalog } from './catalog.js';
export type { CatalogSet, Owner } from './catalog.js';
export type { Piece } from './piece-reader.js';
export type { CatalogEntry, EntryType } from './entry.js';
export { Filler } from './filler.js';
export type { FillerOptions } from './filler.js';
export { fullIdOf, rootId } from './schema.js';
export type { CatalogEvent } from './events.js';
