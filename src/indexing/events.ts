import type { RoomEvent } from '../base/index.js';

/** What making indexes tells while it works; in words: src/cli/events/indexing.ts. */
export type IndexingEvent = IndexWritten | IndexNotWritten;

export interface IndexWritten extends RoomEvent {
  readonly level: 'notice';
  readonly code: 'index-written';
  readonly setKey: string;
  readonly name: string;
  readonly bytes: number;
}

/** A set gets no index, and the others go on. */
export interface IndexNotWritten extends RoomEvent {
  readonly level: 'error';
  readonly code: 'index-not-written';
  readonly setKey: string;
  readonly reason: string;
}
