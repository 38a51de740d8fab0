import type { FaultPlan } from './wrappers/fault.js';
import type { StorageStatistics } from './wrappers/count.js';

/** What `openStorage` can be told. Every field has a default; a command fills it by `storageOptionsFrom`. */
export interface StorageOptions {
  /** Environment variables with credentials; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Tries of each call (5). */
  readonly numRetries?: number;
  /** The longest pause between two tries, in seconds (30). */
  readonly retryDelaySeconds?: number;
  /** How long nothing may move on a line before it counts as dead, in seconds (30). */
  readonly timeoutSeconds?: number;
  /** Calls at the same time (16). */
  readonly concurrency?: number;
  /** In bytes a second; unbounded when absent. */
  readonly maxUploadRate?: number;
  readonly maxDownloadRate?: number;
  /** Counts what is done. */
  readonly statistics?: StorageStatistics;
  /** Told what an operator may want to know: failures that are tried again. */
  readonly log?: (message: string) => void;
  /** For tests: what shall go wrong. */
  readonly faults?: FaultPlan;
}

export const defaults = {
  numRetries: 5,
  retryDelaySeconds: 30,
  timeoutSeconds: 30,
  concurrency: 16,
} as const;
