/** The sentences for the events of the rooms. */
import type { RoomEvent } from '../../base/index.js';

/** A sentence for each code of a room's events: one file a room, `src/cli/events/ROOM.ts`. */
export type EventTexts<E extends RoomEvent> = {
  readonly [Code in E['code']]: (event: Extract<E, { readonly code: Code }>) => string;
};
