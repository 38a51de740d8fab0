import type { RoomEvent } from '../base/index.js';

/** What upkeep tells while it works. */
export type UpkeepEvent = SetRemoved;

/** All files of the set are gone, on the storage and in the archive dir. */
export interface SetRemoved extends RoomEvent {
  readonly level: 'info';
  readonly code: 'set-removed';
  readonly setKey: string;
}
