/** The source of a backup: the walk over it, and which of its entries are selected. */
export {
  canonicalSource,
  compilePlan,
  type SelectionOption,
  type SelectionPlan,
} from './selection/index.js';
export { splitLines } from './selection/filelist.js';
export {
  ThreadedWalk,
  walkSource,
  type WalkEntry,
  type WalkItem,
  type WalkOptions,
  type WalkUnreadable,
} from './walk/index.js';
export { sourcePath, systemPath } from './walk/source-path.js';
