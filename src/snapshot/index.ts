/** The tree at a time: the one thing that mount, restore and the lists read from. */
export { Disagreement, rootId as rootNameId } from '../catalog/index.js';
export type { CatalogSet } from '../catalog/index.js';
export type { SnapshotEntry, WalkedEntry } from './entry.js';
export { fileChunks, readSmallFile } from './file-chunks.js';
export { History } from './history.js';
export type { FileVersionEntry } from './history.js';
export { OwnerMap } from './owners.js';
export type { ProvenEntry, ProvenWalk } from './proven-walk.js';
export { SharedMemory } from './shared-memory.js';
export { Snapshot } from './snapshot.js';
export type { SnapshotSources } from './snapshot.js';
export { Timeline } from './timeline.js';
export type { PathVersion, TimelinePath, VersionEnd } from './timeline.js';
export { TreePair } from './tree-pair.js';
export type { PairedEntry } from './tree-pair.js';
