/** Walks through what comes in batches, one item at a time, without a turn of the event loop for each. */
export class BatchCursor<T> {
  readonly #batches: AsyncIterator<readonly T[]>;
  #batch: readonly T[] = [];
  #position = 0;
  #hasEnded = false;

  constructor(batches: AsyncIterable<readonly T[]>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** The current item; undefined at the end, and as long as `isDry`. */
  get item(): T | undefined {
    return this.#batch[this.#position];
  }

  /** Whether `refill` has to be called before `item` tells anything. */
  get isDry(): boolean {
    return this.#position >= this.#batch.length && !this.#hasEnded;
  }

  step(): void {
    this.#position += 1;
  }

  /** Gets more; false at the end. */
  async refill(): Promise<boolean> {
    while (this.isDry) {
      const next = await this.#batches.next();
      this.#hasEnded = next.done === true;
      this.#batch = next.done === true ? [] : next.value;
      this.#position = 0;
    }
    return !this.#hasEnded;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}
