/** Lets one file of very many extents be worked out at a time: each takes tens of megabytes meanwhile. */
import { deferred, eventLoopTurns } from '../base/index.js';

/** From so many extents on it is work that only one may do at a time. */
const largeCount = 2 ** 17;

export class LargeBuilds {
  #last: Promise<void> = Promise.resolve();

  /** Waits until nobody else is in; the caller has to call what it gets. Rejects with the signal's reason. */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const mine = deferred<undefined>();
    const leave = (): void => {
      mine.resolve(undefined);
    };
    const before = this.#last;
    this.#last = before.then(() => mine.promise);
    let stop = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        void before.then(resolve);
        const onAbort = (): void => {
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        stop = () => signal?.removeEventListener('abort', onAbort);
      });
    } catch (error) {
      leave();
      throw error;
    } finally {
      stop();
    }
    return leave;
  }
}

/** One piece of work: it asks to be let in once it has become large, and stays in to its end. */
export class Build {
  readonly #builds: LargeBuilds;
  readonly #signal: AbortSignal | undefined;
  readonly #turn = eventLoopTurns();
  #leave: (() => void) | undefined;

  constructor(builds: LargeBuilds, signal: AbortSignal | undefined) {
    this.#builds = builds;
    this.#signal = signal;
  }

  /**
   * To be awaited now and then, with the extents that there are by then: gives others a turn.
   * @throws the signal's reason
   */
  async pause(count: number): Promise<void> {
    this.#signal?.throwIfAborted();
    if (count > largeCount) this.#leave ??= await this.#builds.enter(this.#signal);
    await this.#turn();
  }

  end(): void {
    this.#leave?.();
  }
}
