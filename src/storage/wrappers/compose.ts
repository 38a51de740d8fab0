import type { StorageOptions } from '../options.js';
import { defaults } from '../options.js';
import type { Storage } from '../storage.js';
import type { CheckedOptions } from './checked.js';
import { CheckedStorage } from './checked.js';
import { CountStorage, StorageStatistics } from './count.js';
import { FaultStorage } from './fault.js';
import { LimitStorage } from './limit.js';
import { RateStorage } from './rate.js';
import { RetryStorage } from './retry.js';
import { StallStorage } from './stall.js';

export interface Traits extends CheckedOptions {
  /** Calls can hang for want of a network. A disk may be slow, but says so itself. */
  readonly remote: boolean;
  /** How many calls the backend bears at once, where that is less than usual. */
  readonly maxConcurrency?: number;
}

/** Puts the wrappers around a backend, each of which relies on those inside it. */
export function compose(backend: Storage, traits: Traits, options: StorageOptions): Storage {
  const statistics = options.statistics ?? new StorageStatistics();
  const concurrency = Math.min(
    options.concurrency ?? defaults.concurrency,
    traits.maxConcurrency ?? Number.POSITIVE_INFINITY,
  );
  let storage = options.faults ? new FaultStorage(backend, options.faults) : backend;
  storage = new CheckedStorage(storage, traits);
  if (traits.remote) {
    storage = new StallStorage(storage, options.timeoutSeconds ?? defaults.timeoutSeconds);
  }
  storage = new LimitStorage(storage, concurrency);
  if (options.maxUploadRate !== undefined || options.maxDownloadRate !== undefined) {
    storage = new RateStorage(storage, {
      upload: options.maxUploadRate,
      download: options.maxDownloadRate,
    });
  }
  return new RetryStorage(new CountStorage(storage, statistics), {
    tries: options.numRetries ?? defaults.numRetries,
    maxDelaySeconds: options.retryDelaySeconds ?? defaults.retryDelaySeconds,
    maxRetrySeconds: options.maxRetrySeconds,
    statistics,
    report: options.report,
  });
}
