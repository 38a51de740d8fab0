/**
 * One piece of work that many may wait for: it is started once, each waiter can give up by its own
 * AbortSignal, and the work itself is aborted when nobody waits any more.
 */
import { setMaxListeners } from 'node:events';

export class SharedTask<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #waiters = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#result = work(this.#controller.signal);
    this.#result.catch(() => undefined); // every waiter gets the error; nobody may be left
  }

  /** Whether the work was given up because nobody waited; a new waiter must start it again. */
  get abandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Gives the work up for all who wait for it: they get whatever it rejects with. */
  abandon(): void {
    this.#controller.abort();
  }

  /** The result of the work; rejects with the signal's reason once that is aborted. */
  async wait(signal?: AbortSignal): Promise<T> {
    this.#waiters += 1;
    let stop: (() => void) | undefined;
    try {
      signal?.throwIfAborted();
      if (signal === undefined) return await this.#result;
      const aborted = new Promise<never>((_, reject) => {
        const onAbort = (): void => {
          reject(signal.reason as Error);
        };
        setMaxListeners(0, signal); // one read may wait for many blocks of a volume
        signal.addEventListener('abort', onAbort, { once: true });
        stop = () => {
          signal.removeEventListener('abort', onAbort);
        };
      });
      return await Promise.race([this.#result, aborted]);
    } finally {
      stop?.();
      this.#waiters -= 1;
      if (this.#waiters === 0) this.#controller.abort();
    }
  }
}
