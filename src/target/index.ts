/** One target: storage, archive dir, prefixes and keys. */
export type { TargetEvent } from './events.js';
