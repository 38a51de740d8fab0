/**
 * A bound on the calls that run at once. A reader holds its place only while it waits for bytes, not
 * while its consumer works: one who reads many files side by side must not wait for himself. Writes have
 * a queue of their own, because the body of one may come from a read.
 */
import PQueue from 'p-queue';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { WrappedStorage } from './wrapped.js';

export class LimitStorage extends WrappedStorage {
  readonly #reads: PQueue;
  readonly #writes: PQueue;

  constructor(inner: Storage, concurrency: number) {
    super(inner);
    this.#reads = new PQueue({ concurrency });
    this.#writes = new PQueue({ concurrency });
  }

  override list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    return this.#reads.add(() => this.inner.list(signal), having(signal));
  }

  override stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    return this.#reads.add(() => this.inner.stat(name, signal), having(signal));
  }

  override async *read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const chunks = this.inner.read(name, range, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await this.#reads.add(() => chunks.next(), having(signal));
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await chunks.return?.();
    }
  }

  override write(name: string, body: Body, options: WriteOptions): Promise<void> {
    return this.#writes.add(() => this.inner.write(name, body, options), having(options.signal));
  }

  override remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#writes.add(() => this.inner.remove(names, signal), having(signal));
  }
}

function having(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
