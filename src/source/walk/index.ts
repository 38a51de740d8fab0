/** The walk over the source of a backup. */
export type { WalkEntry, WalkItem, WalkUnreadable } from './walk-item.js';
export type { WalkPlan } from './protocol.js';
export { ThreadedWalk } from './threaded-walk.js';
export { walkSource } from './walk-source.js';
export type { WalkOptions } from './walk-options.js';
