import { setMaxListeners } from 'node:events';

/** An AbortController that also follows a signal, until `release` is called. */
export class FollowingController {
  readonly #controller = new AbortController();
  readonly #followed: AbortSignal | undefined;
  readonly #follow = (): void => {
    this.#controller.abort(this.#followed?.reason);
  };

  constructor(followed: AbortSignal | undefined) {
    this.#followed = followed;
    setMaxListeners(0, this.#controller.signal); // a backend may make many requests in one call
    if (followed?.aborted === true) this.#follow();
    else followed?.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Long-lived signals must not gather a listener for each call that followed them. */
  release(): void {
    this.#followed?.removeEventListener('abort', this.#follow);
  }
}
