/**
 * Makes calls again that failed for a reason that may pass. The one place that does: retries of the
 * libraries are off. A read goes on where it broke; a write starts again if its body can.
 */
import { setMaxListeners } from 'node:events';
import pRetry from 'p-retry';
import type { RetryContext } from 'p-retry';
import { defined, DuplifsError, errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import { isReplayable } from '../body.js';
import { StorageError } from '../errors.js';
import type { StorageEvent } from '../events.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import type { StorageStatistics } from './count.js';
import { WrappedStorage } from './wrapped.js';

export interface RetryOptions {
  /** Tries in all, at least 1. */
  readonly tries: number;
  /** The longest pause between two; the first is about a second, each next twice as long. */
  readonly maxDelaySeconds: number;
  /** No more tries that long after the first failure. */
  readonly maxRetrySeconds?: number | undefined;
  readonly statistics: StorageStatistics;
  /** Told of each failure that is tried again. */
  readonly report?: Report<StorageEvent> | undefined;
}

const firstDelayMilliseconds = 1000;

/** A try of a read that brought less than this was none the better for it. */
const leastProgressBytes = 16 * 1024;

export class RetryStorage extends WrappedStorage {
  readonly #options: RetryOptions;

  constructor(inner: Storage, options: RetryOptions) {
    super(inner);
    this.#options = options;
  }

  override list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    return this.#retry(signal, () => this.inner.list(signal));
  }

  override stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.#retry(signal, () => this.inner.stat(name, signal));
  }

  override remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#retry(signal, () => this.inner.remove(names, signal));
  }

  override async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    if (isReplayable(body)) {
      await this.#retry(options.signal, () => this.inner.write(name, body, options));
    } else {
      bear(options.signal);
      await this.inner.write(name, body, options).catch((error: unknown) => {
        throw options.signal?.aborted === true ? this.#cancelled(error) : error;
      });
    }
  }

  /**
   * Each chunk has its own count of tries: what moves on has not failed. But what moves on by a few bytes a try
   * has, or a line that drips would be tried for ever.
   */
  override async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    let got = 0;
    let gotAtFailure = 0;
    let fruitless = 0;
    let chunks: AsyncIterator<Uint8Array> | undefined;
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      chunks ??= this.inner.read(name, rest(range, got), signal)[Symbol.asyncIterator]();
      try {
        return await chunks.next();
      } catch (error) {
        chunks = undefined;
        fruitless = got - gotAtFailure < leastProgressBytes ? fruitless + 1 : 1;
        gotAtFailure = got;
        throw fruitless < this.#options.tries ? error : lasting(error);
      }
    };
    try {
      for (;;) {
        const step = await this.#retry(signal, next);
        if (step.done === true) return;
        got += step.value.length;
        yield step.value;
      }
    } finally {
      await chunks?.return?.();
    }
  }

  async #retry<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    bear(signal);
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted === true) throw this.#cancelled(error);
      if (!this.#mayPass(error) || this.#options.tries <= 1) throw error;
      return await this.#again(signal, call, error);
    }
  }

  /** p-retry makes its first try at once, and that is the one that has just failed. */
  async #again<T>(
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
    failed: unknown,
  ): Promise<T> {
    const { tries, maxDelaySeconds, maxRetrySeconds, statistics, report } = this.#options;
    const maxTimeout = maxDelaySeconds * 1000;
    try {
      return await pRetry(
        (attempt) => (attempt === 1 ? Promise.reject(toError(failed)) : call()),
        defined({
          retries: tries - 1,
          minTimeout: Math.min(firstDelayMilliseconds, maxTimeout),
          maxTimeout,
          factor: 2,
          randomize: true,
          maxRetryTime: maxRetrySeconds === undefined ? undefined : maxRetrySeconds * 1000,
          signal,
          shouldRetry: ({ error }: RetryContext) => this.#mayPass(error),
          onFailedAttempt: ({ error, attemptNumber, retriesLeft }: RetryContext) => {
            if (retriesLeft === 0 || !this.#mayPass(error)) return;
            statistics.retries += 1;
            report?.({
              level: 'info',
              code: 'storage-call-retried',
              attempt: attemptNumber,
              tries: maxRetrySeconds === undefined ? tries : undefined,
              reason: errorText(error),
            });
          },
        }),
      );
    } catch (error) {
      throw signal?.aborted === true ? this.#cancelled(error) : error;
    }
  }

  /** Wrappers inside this one wait for their turn or pace, and are interrupted with a plain AbortError. */
  #cancelled(error: unknown): DuplifsError {
    if (error instanceof DuplifsError) return error;
    return new DuplifsError('ABORTED', `Cancelled while waiting for "${this.url}"`);
  }

  #mayPass(error: unknown): boolean {
    return error instanceof StorageError && error.transient;
  }
}

/** Many calls may share one signal: Node's warning about listeners that were forgotten is none here. */
function bear(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}

function rest(range: ByteRange | undefined, got: number): ByteRange | undefined {
  if (got === 0) return range;
  const offset = (range?.offset ?? 0) + got;
  return range?.length === undefined ? { offset } : { offset, length: range.length - got };
}

/** The error, but no longer one that may pass. */
function lasting(error: unknown): unknown {
  if (!(error instanceof StorageError) || !error.transient) return error;
  const { code, message, hint, cause } = error;
  return new StorageError(code, message, { hint, cause });
}

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(errorText(value));
}
