/** The tree before, read and merged by a thread of its own: that takes as long as walking over an unchanged source. */
import type { Worker } from 'node:worker_threads';
import { errorFrom, startThread } from '../../base/index.js';
import { unpackEntries } from './pack-entries.js';
import type { TreeAnswer, TreeRequest } from './protocol.js';
import type { PreviousEntry } from './sigtar-entries.js';

export class ThreadedTree implements AsyncIterableIterator<PreviousEntry[]> {
  readonly #worker: Worker;
  readonly #answers: TreeAnswer[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** Begins to read at once, some batches ahead; `return` ends that. */
  constructor(request: TreeRequest) {
    this.#worker = startThread<TreeAnswer>(new URL('./tree-thread.js', import.meta.url), {
      task: 'reads signatures',
      workerData: request,
      onMessage: (answer) => {
        this.#answers.push(answer);
        this.#wake?.();
      },
      onEnd: (error) => {
        this.#failure ??= error;
        this.#wake?.();
      },
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<PreviousEntry[], undefined>> {
    const answer = await this.#answer();
    if (answer.kind === 'entries') {
      this.#worker.postMessage(undefined);
      return { done: false, value: unpackEntries(answer.packed) };
    }
    await this.#worker.terminate();
    if (answer.kind === 'failed') throw errorFrom(answer.error);
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#worker.terminate();
    return { done: true, value: undefined };
  }

  async #answer(): Promise<TreeAnswer> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) return answer;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
