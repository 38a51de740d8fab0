import { comparePaths } from '../../base/index.js';
import type { PreviousEntry } from './sigtar-entries.js';

/** The types that paths had before; paths must be asked for in order. */
export class PathTypes {
  readonly #batches: AsyncIterator<readonly PreviousEntry[]>;
  #batch: readonly PreviousEntry[] = [];
  #at = 0;

  constructor(previous: AsyncIterable<readonly PreviousEntry[]>) {
    this.#batches = previous[Symbol.asyncIterator]();
  }

  async typeOf(path: string): Promise<PreviousEntry['type'] | undefined> {
    for (;;) {
      const entry = this.#batch[this.#at];
      if (entry === undefined) {
        const next = await this.#batches.next();
        if (next.done === true) return undefined;
        this.#batch = next.value;
        this.#at = 0;
        continue;
      }
      const order = comparePaths(entry.path, path);
      if (order >= 0) return order === 0 ? entry.type : undefined;
      this.#at += 1;
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
