/**
 * Walks the source in a thread of its own, some thousand entries ahead of whoever compares them: asking the system for
 * all names and their stats is a third of what a backup does that finds nothing changed.
 */
import type { Worker } from 'node:worker_threads';
import { receivedError, startThread, ThreadMessages } from '../../threads/index.js';
import { decodeItems } from './item-batch.js';
import type { WalkMessage, WalkPlan, WalkThreadData } from './protocol.js';
import type { WalkItem } from './walk-item.js';
import type { WalkOptions } from './walk-options.js';

/** One walk. The thread starts at once, and walks when it is iterated, which may be done once. Whoever has it closes it. */
export class ThreadedWalk implements AsyncIterable<readonly WalkItem[]> {
  readonly #handlers: Pick<WalkOptions, 'onSkipped' | 'onLinkLoop'>;
  readonly #ahead = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  readonly #messages = new ThreadMessages<WalkMessage>();

  constructor(plan: WalkPlan, handlers: Pick<WalkOptions, 'onSkipped' | 'onLinkLoop'> = {}) {
    this.#handlers = handlers;
    const { onMessage, onEnd } = this.#messages;
    this.#worker = startThread(new URL('./walk-thread.js', import.meta.url), {
      task: 'walks over the source',
      workerData: { plan, ahead: this.#ahead } satisfies WalkThreadData,
      onMessage,
      onEnd,
    });
  }

  /**
   * The items of the walk, as walkSource gives them.
   * @throws DuplifsError as walkSource, and as compilePlan
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly WalkItem[], void, undefined> {
    this.#worker.postMessage('walk');
    for (;;) {
      const message = await this.#next();
      switch (message.kind) {
        case 'items':
          Atomics.sub(this.#ahead, 0, 1);
          Atomics.notify(this.#ahead, 0);
          yield decodeItems(message.batch);
          break;
        case 'skipped':
          this.#handlers.onSkipped?.(message.path);
          break;
        case 'linkLoop':
          this.#handlers.onLinkLoop?.(message.path);
          break;
        case 'failed':
          throw receivedError(message.error);
        case 'end':
          return;
      }
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #next(): Promise<WalkMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await this.#messages.wait();
    }
  }
}
