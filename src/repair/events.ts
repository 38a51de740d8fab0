import type { RoomEvent } from '../base/index.js';
import type { RepairAction } from './action.js';

/** What repairing tells while it works; in words: src/cli/events/repair.ts. */
export type RepairEvent = RepairDone | RepairFailed | IndexUnbound;

export interface RepairDone extends RoomEvent {
  readonly level: 'notice';
  readonly code: 'repair-done';
  readonly action: RepairAction;
}

export interface RepairFailed extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'repair-failed';
  readonly action: RepairAction;
  readonly reason: string;
}

/** Nothing on this machine vouches for what the set was made on, so that the index says nothing of it. */
export interface IndexUnbound extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'index-unbound';
  readonly setKey: string;
}
