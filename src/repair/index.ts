/** What can be made whole again without the source, and only that. */
export type { RepairAction } from './action.js';
export type { RepairEvent } from './events.js';
export { planRepair } from './plan-repair.js';
export type { RepairFacts, RepairPlan } from './plan-repair.js';
export { repair } from './repair.js';
export type { RepairOptions } from './repair-options.js';
export { SetFacts } from './set-facts.js';
