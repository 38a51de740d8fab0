/** A target opened for reading: what mount, restore, verify, lists and other programs start from. */
export type { CatalogSet } from '../catalog/index.js';
export { openRepository } from './open-repository.js';
export type { OpenRepositoryOptions, RepositoryEvent } from './open-repository.js';
export { Repository } from './repository.js';
export type { ChosenSnapshot, ListedSet, RepositoryParts } from './repository.js';
