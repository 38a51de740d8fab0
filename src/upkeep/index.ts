/** The upkeep of a target: what may go, as pure plans over sets, and one way to remove it. */
export { planCleanup } from './cleanup-plan.js';
export type { CleanupPlan } from './cleanup-plan.js';
export type { UpkeepEvent } from './events.js';
export { finishRemovals, removeFiles, removeSets } from './remove.js';
export type { Removal } from './remove.js';
export { planAllButFulls, planIncrementals, planOlderThan } from './retention-plan.js';
export type { RetentionPlan } from './retention-plan.js';
export { refuseLastWhole } from './refuse-last-whole.js';
export { keepRules, planPrune } from './prune-plan.js';
export type { KeepCounts, KeepReason, KeepRule, PrunePlan, PrunePolicy } from './prune-plan.js';
export { filesOf } from './set-files.js';
export { planMirroredRemovals, planReplication } from './replication-plan.js';
export type {
  MirroredRemovals,
  PlannedCopy,
  RemovalsWanted,
  ReplicationWanted,
} from './replication-plan.js';
