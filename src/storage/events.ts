import type { EventLevel, RoomEvent } from '../base/index.js';

/** What storages tell while they work. URLs are without credentials. */
export type StorageEvent =
  | CallRetried
  | StorePassedOver
  | MirrorsPassedOver
  | CopyPassedOver
  | FileRepaired
  | NoRecoveryData;

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

/** What one storage of a mirror has of a file is not what it must be, and it is read from the next one. */
export interface CopyPassedOver extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'copy-passed-over';
  readonly name: string;
  readonly url: string;
  readonly next: string;
  readonly reason: string;
}

/** A damaged file was made whole by its recovery data (`par2+`) for this process; what is stored stays as it is. */
export interface FileRepaired extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'file-repaired';
  readonly name: string;
}

/** par2 makes no recovery data of a file, as of one that is empty or with options that contradict each other. */
export interface NoRecoveryData extends RoomEvent {
  readonly level: 'warning';
  readonly code: 'no-recovery-data';
  readonly name: string;
}
