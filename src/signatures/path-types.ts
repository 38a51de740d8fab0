import { BatchCursor, comparePaths } from '../base/index.js';
import type { PreviousEntry } from './sigtar-entries.js';

/** The types that paths had before; paths must be asked for in order. */
export class PathTypes {
  readonly #cursor: BatchCursor<PreviousEntry>;

  constructor(previous: AsyncIterable<readonly PreviousEntry[]>) {
    this.#cursor = new BatchCursor(previous);
  }

  async typeOf(path: string): Promise<PreviousEntry['type'] | undefined> {
    for (;;) {
      if (this.#cursor.isDry) await this.#cursor.refill();
      const entry = this.#cursor.item;
      if (entry === undefined) return undefined;
      const order = comparePaths(entry.path, path);
      if (order >= 0) return order === 0 ? entry.type : undefined;
      this.#cursor.step();
    }
  }

  async close(): Promise<void> {
    await this.#cursor.close();
  }
}
