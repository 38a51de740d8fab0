import type { RoomEvent } from '../base/index.js';

/** What replicating tells while it works; in words: src/cli/events/replicate.ts. */
export type ReplicateEvent =
  SetReplicated | SetNotReplicated | IndexLeftOut | SetsPassedOver | SetsOfOthers;

/** A set is whole on the replica, and was read back. */
export interface SetReplicated extends RoomEvent {
  readonly level: 'notice';
  readonly code: 'set-replicated';
  readonly setKey: string;
  readonly files: number;
  readonly bytes: number;
}

/** A set cannot be copied; what builds on it is not copied either. */
export interface SetNotReplicated extends RoomEvent {
  readonly level: 'error';
  readonly code: 'set-not-replicated';
  readonly setKey: string;
  readonly reason: string;
}

/** An index that was added to a set cannot be used; the set is copied without it. */
export interface IndexLeftOut extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'index-left-out';
  readonly name: string;
  readonly reason: string;
}

/** Sets of the source are not whole, or build on one that is not. */
export interface SetsPassedOver extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'sets-passed-over';
  readonly setKeys: readonly string[];
}

/** The replica has sets that the source lacks, and that are not known to come from it. They stay. */
export interface SetsOfOthers extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'sets-of-others';
  readonly setKeys: readonly string[];
}
