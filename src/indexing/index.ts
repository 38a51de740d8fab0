/** Indexes for sets that have none: planned, made from what the catalog knows, and put beside the backup. */
export type { IndexingEvent } from './events.js';
export type { UploadOptions } from './options.js';
export { planIndexes } from './plan.js';
export type { IndexPlan, PlannedIndex } from './plan.js';
export { uploadIndexes } from './upload.js';
export type { UploadResult } from './upload.js';
