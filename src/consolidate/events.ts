import type { RoomEvent } from '../base/index.js';

/** What consolidating tells while it works; in words: src/cli/events/consolidate.ts. */
export type ConsolidateEvent = AlreadyFull | SetsBehind | FileIncomplete;

/** The set that was to be made a full is one: nothing is written. */
export interface AlreadyFull extends RoomEvent {
  readonly level: 'notice';
  readonly code: 'already-full';
  readonly setKey: string;
}

/** Sets are newer than the one that the full is made from: they stay, and so does the chain that they belong to. */
export interface SetsBehind extends RoomEvent {
  readonly level: 'notice';
  readonly code: 'sets-behind';
  /** Of the full. */
  readonly setKey: string;
  /** The newest of them. */
  readonly newestKey: string;
}

/** The chain has only a part of the file, which could not be read to its end; the full says so as well. */
export interface FileIncomplete extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'consolidated-incomplete';
  readonly path: string;
  readonly reason: string;
}
