/**
 * Ends calls in which nothing moves any more. Not a limit on the whole call: a large file on a slow line
 * takes its time as long as bytes flow. A cancelled call ends at once, even if the backend does not notice.
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
    const watch = new Watch(this.#timeoutSeconds, this.#error(name), signal);
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
    const watch = new Watch(this.#timeoutSeconds * factor, this.#error(name), signal);
    try {
      watch.start();
      return await watch.race(call(watch));
    } finally {
      watch.end();
    }
  }

  #error(name: string | undefined): () => StorageError {
    const what = name === undefined ? `"${this.url}"` : `"${name}" on "${this.url}"`;
    return () =>
      new StorageError(
        'STORAGE',
        `Nothing came or went for ${this.#timeoutSeconds} seconds or more at ${what}`,
        { transient: true, hint: 'Check the network; --timeout waits longer' },
      );
  }
}

/** A clock that is wound up again by progress, and aborts the call when it runs out. */
class Watch {
  readonly #milliseconds: number;
  readonly #error: () => StorageError;
  readonly #controller: FollowingController;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(seconds: number, error: () => StorageError, signal: AbortSignal | undefined) {
    this.#milliseconds = seconds * 1000;
    this.#error = error;
    this.#controller = new FollowingController(signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Not after the end: a server may answer before the body that it has was asked for its own end. */
  start(): void {
    this.pause();
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#controller.abort(this.#error());
    }, this.#milliseconds);
  }

  pause(): void {
    clearTimeout(this.#timer);
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
  }
  watch.start();
}
