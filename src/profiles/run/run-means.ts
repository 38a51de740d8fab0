/** What a run needs from the command line, and what notices are told of it. */
import type { Profile } from '../file/profile.js';
import type { Redact } from '../logs/redact.js';
import type { LogLine } from '../logs/run-log.js';
import type { RunRecord } from '../logs/run-record.js';
import type { RunEvent } from '../schema.js';
import type { Step } from './run-steps.js';

/** How a command of duplifs ended. */
export interface StepResult {
  readonly exitCode: number;
  /** The last line of JSON on its standard output. */
  readonly json?: unknown;
  /** The last error or warning that it told. */
  readonly message?: string | undefined;
}

/** What notices tell. */
export interface Told {
  readonly event: RunEvent;
  readonly profile: string;
  /** One sentence. */
  readonly summary: string;
  readonly startedSeconds: number;
  readonly record?: RunRecord | undefined;
  /** When a backup was last made. */
  readonly lastBackupSeconds?: number | undefined;
}

export interface RunMeans {
  readonly profile: Profile;
  readonly redact: Redact;
  /** Runs a command of duplifs to its end. */
  readonly runStep: (step: Step, onLine: (line: LogLine) => void) => Promise<StepResult>;
  /** Sends the notices of an event; returns a sentence for each that failed. */
  readonly notify: (told: Told) => Promise<readonly string[]>;
  /** Whether this version of duplifs has a command. */
  readonly hasCommand: (name: string) => boolean;
  /** Shows a line to whoever looks on. */
  readonly show: (line: LogLine) => void;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}
