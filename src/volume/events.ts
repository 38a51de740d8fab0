import type { RoomEvent } from '../base/index.js';

/** What reading volumes tells. */
export type VolumeEvent = CacheShrunk;

/** The folder of the disk cache has less room than the cache was to have, which makes do with what there is. */
export interface CacheShrunk extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'cache-shrunk';
  readonly folder: string;
  /** What the cache has now, about. */
  readonly bytes: number;
}
