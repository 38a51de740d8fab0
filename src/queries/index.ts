/** Questions about the trees of a backup: what there ever was, and what changed. Nothing is decoded that need not be. */
export type { Change, ChangeKind, Comparable, Field } from './changes.js';
export { diffFolder } from './diff-folder.js';
export type { FolderDiffOptions } from './diff-folder.js';
export { diffTrees } from './diff-trees.js';
export type { DiffOptions } from './diff-trees.js';
export { find } from './find.js';
export type { FindOptions, FoundVersion } from './find.js';
export { FindFilter } from './find-filter.js';
export type { FindQuery, WantedSize } from './find-filter.js';
export { pathHistory } from './path-history.js';
export type { PathEvent, PathHistoryOptions } from './path-history.js';
