/** The local SQLite database over one target's chains: filling it, and asking it. */
export { Catalog } from './catalog.js';
export type { CatalogSet, ListSource, Owner } from './catalog.js';
export { catalogueAll } from './catalogue-all.js';
export type { CatalogueAllOptions, CatalogueProgress } from './catalogue-all.js';
export { Disagreement } from './disagreement.js';
export type { CatalogEntry, EntryType } from './entry.js';
export type { CatalogEvent } from './events.js';
export type { FileLocator } from './file-locator.js';
export type { Piece } from './piece-reader.js';
export type { RebuiltCheck, RebuiltChecks } from './rebuilt-checks.js';
export { fullIdOf, rootId } from './schema.js';
export type { ChosenSet, WantedTime } from './set-chooser.js';
export type { SetListing } from './set-listing.js';
export type { TreeProof } from './tree-proof.js';
export type { WalkProof } from './walk-proof.js';
export { TargetCatalog } from './target-catalog.js';
export type { TargetCatalogOptions } from './target-catalog.js';
export type { VolumeReader } from './volume-reader.js';
