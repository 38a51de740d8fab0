import type { RoomEvent } from '../base/index.js';

/** What restore tells while it works. */
export type RestoreEvent = OwnersNotRestored;

/** Only root may set owners; what is restored belongs to whoever runs this. Told once. */
export interface OwnersNotRestored extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'owners-not-restored';
}
