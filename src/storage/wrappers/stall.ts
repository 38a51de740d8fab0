/**
 * Ends calls in which nothing moves any more, or next to nothing. Not a limit on the whole call: a large file on
 * a slow line takes its time as long as bytes flow. A cancelled call ends at once, even if the backend does not
 * notice.
 */
import { StorageError } from '../errors.js';
import { mapBody } from '../body.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { FollowingController } from './cancel.js';
import { WrappedStorage } from './wrapped.js';

/**
 * Writes go through buffers (a part of a multipart upload, the socket's), so that the body may rest far
 * longer than the line does; backends watch their sockets, this is the last resort.
 */
const writeFactor = 10;

/**
 * The least that a transfer moves in a second. A tenth of what a modem of 1990 did: sixteen transfers at once
 * may share a line, and a line that gives one a byte a second would take years for a volume.
 */
export const leastBytesPerSecond = 100;

/** The rate is taken over this many time-outs of waiting, so that a pause within one does not count. */
const rateFactor = 2;

export class StallStorage extends WrappedStorage {
  readonly #timeoutSeconds: number;

  constructor(inner: Storage, timeoutSeconds: number) {
    super(inner);
    this.#timeoutSeconds = timeoutSeconds;
  }

  override list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    // a listing has many pages, and shows no progress
    return this.#watched(undefined, writeFactor, signal, (watch) => this.inner.list(watch.signal));
  }

  override stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.#watched(name, 1, signal, (watch) => this.inner.stat(name, watch.signal));
  }

  override remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#watched(names[0], writeFactor, signal, (watch) =>
      this.inner.remove(names, watch.signal),
    );
  }

  override write(name: string, body: Body, options: WriteOptions): Promise<void> {
    return this.#watched(name, writeFactor, options.signal, (watch) =>
      this.inner.write(
        name,
        mapBody(body, (chunks) => watchedBody(chunks, watch)),
        { ...options, signal: watch.signal },
      ),
    );
  }

  override async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const watch = this.#watch(name, 1, signal);
    const chunks = this.inner.read(name, range, watch.signal)[Symbol.asyncIterator]();
    let pending = false;
    try {
      for (;;) {
        pending = true;
        watch.start();
        const step = await watch.race(chunks.next());
        watch.pause();
        pending = false;
        if (step.done === true) return;
        watch.moved(step.value.length);
        yield step.value;
      }
    } finally {
      watch.end();
      // a backend that hangs cannot be waited for; it was told by its signal
      const left = Promise.resolve(chunks.return?.()).catch(() => undefined);
      if (!pending) await left;
    }
  }

  async #watched<T>(
    name: string | undefined,
    factor: number,
    signal: AbortSignal | undefined,
    call: (watch: Watch) => Promise<T>,
  ): Promise<T> {
    const watch = this.#watch(name, factor, signal);
    try {
      watch.start();
      return await watch.race(call(watch));
    } finally {
      watch.end();
    }
  }

  #watch(name: string | undefined, factor: number, signal: AbortSignal | undefined): Watch {
    const seconds = this.#timeoutSeconds * factor;
    const what = name === undefined ? `"${this.url}"` : `"${name}" on "${this.url}"`;
    const details = { transient: true, hint: 'Check the network; --timeout waits longer' };
    const error = (says: string) => new StorageError('STORAGE', `${says} at ${what}`, details);
    return new Watch({
      seconds,
      rateSeconds: seconds * rateFactor,
      signal,
      stalled: () => error(`Nothing came or went for ${this.#timeoutSeconds} seconds or more`),
      tooSlow: () => error(`Less than ${leastBytesPerSecond} bytes a second came or went`),
    });
  }
}

interface WatchOptions {
  /** How long nothing may move. */
  readonly seconds: number;
  /** The waiting over which the least rate is taken. */
  readonly rateSeconds: number;
  readonly signal: AbortSignal | undefined;
  readonly stalled: () => StorageError;
  readonly tooSlow: () => StorageError;
}

/** A clock that is wound up again by progress, and aborts the call when it runs out. */
class Watch {
  readonly #options: WatchOptions;
  readonly #controller: FollowingController;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #startedAt = 0;
  /** Since the rate was last found to be enough. */
  #waitedMs = 0;
  #movedBytes = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#controller = new FollowingController(options.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Not after the end: a server may answer before the body that it has was asked for its own end. */
  start(): void {
    this.pause();
    if (this.#ended) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => {
      this.#controller.abort(this.#options.stalled());
    }, this.#options.seconds * 1000);
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waitedMs += performance.now() - this.#startedAt;
  }

  /** So many bytes have moved; while the clock is paused. */
  moved(bytes: number): void {
    this.#movedBytes += bytes;
    if (this.#waitedMs < this.#options.rateSeconds * 1000) return;
    if (this.#movedBytes < (leastBytesPerSecond * this.#waitedMs) / 1000) {
      const error = this.#options.tooSlow();
      this.#controller.abort(error);
      throw error;
    }
    this.#waitedMs = 0;
    this.#movedBytes = 0;
  }

  end(): void {
    this.pause();
    this.#ended = true;
    this.#controller.release();
    this.#controller.abort(new Error('The call has ended'));
  }

  /** The promise, or the reason of the abort if that comes first. */
  async race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    promise.catch(() => undefined);
    let onAbort: (() => void) | undefined;
    try {
      return await Promise.race([
        promise,
        new Promise<never>((_resolve, reject) => {
          onAbort = () => {
            reject(signal.reason as Error);
          };
          if (signal.aborted) onAbort();
          else signal.addEventListener('abort', onAbort, { once: true });
        }),
      ]);
    } catch (error) {
      throw signal.aborted && signal.reason instanceof StorageError ? signal.reason : error;
    } finally {
      if (onAbort) signal.removeEventListener('abort', onAbort);
    }
  }
}

/** While the backend waits for the body, the storage is not what is slow. */
async function* watchedBody(
  chunks: AsyncIterable<Uint8Array>,
  watch: Watch,
): AsyncGenerator<Uint8Array> {
  watch.pause();
  for await (const chunk of chunks) {
    watch.start();
    yield chunk;
    watch.pause();
    watch.moved(chunk.length);
  }
  watch.start();
}
