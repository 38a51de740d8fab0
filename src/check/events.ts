import type { RoomEvent } from '../base/index.js';
import type { Finding } from './finding.js';

/** What checking tells while it works; in words: src/cli/events/check.ts. */
export type CheckEvent = CheckFinding | ReadingResumed;

/** Something was found: a `notice` where the backup is well all the same. */
export interface CheckFinding extends RoomEvent {
  readonly level: 'warning' | 'notice';
  readonly code: 'check-finding';
  readonly finding: Finding;
}

/** An interrupted reading of volumes is gone on with. */
export interface ReadingResumed extends RoomEvent {
  readonly level: 'notice';
  readonly code: 'check-resumed';
  /** When it began. */
  readonly startedSeconds: number;
  readonly bytesRead: number;
}
