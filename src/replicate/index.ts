/** Copies backups from one storage to another, as they are or for others to open. */
export type { ReplicateEvent } from './events.js';
export { replicate } from './replicate.js';
export type {
  ReplicatedSet,
  ReplicateOptions,
  ReplicateProgress,
  ReplicateResult,
  Rewriting,
} from './options.js';
