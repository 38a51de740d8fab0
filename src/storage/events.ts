import type { EventLevel, RoomEvent } from '../base/index.js';

/** What storages tell while they work. URLs are without credentials. */
export type StorageEvent = CallRetried | StorePassedOver | MirrorsPassedOver;

/** A call failed for a reason that may pass, and is made again. */
export interface CallRetried extends RoomEvent {
  readonly level: 'info';
  readonly code: 'storage-call-retried';
  /** The number of the try that failed, from 1. */
  readonly attempt: number;
  /** How many there may be; undefined where time is the limit. */
  readonly tries: number | undefined;
  readonly reason: string;
}

/** One of several storages failed, and the next was taken. A warning the first time. */
export interface StorePassedOver extends RoomEvent {
  readonly level: Extract<EventLevel, 'warning' | 'info'>;
  readonly code: 'storage-passed-over';
  readonly action: 'read' | 'write';
  readonly url: string;
  readonly reason: string;
}

/** Some mirrors failed, and the others were enough. A warning the first time. */
export interface MirrorsPassedOver extends RoomEvent {
  readonly level: Extract<EventLevel, 'warning' | 'info'>;
  readonly code: 'mirrors-passed-over';
  readonly action: 'list' | 'write';
  readonly failed: number;
  readonly mirrors: number;
  readonly url: string;
  readonly reason: string;
}
