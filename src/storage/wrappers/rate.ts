/** Bounds on the bandwidth that is used, over all transfers of the storage together. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mapBody } from '../body.js';
import type { Body, ByteRange, Storage, WriteOptions } from '../storage.js';
import { WrappedStorage } from './wrapped.js';

/** In bytes a second; absent is unbounded. */
export interface Rates {
  readonly upload?: number | undefined;
  readonly download?: number | undefined;
}

export class RateStorage extends WrappedStorage {
  readonly #upload: Pace | undefined;
  readonly #download: Pace | undefined;

  constructor(inner: Storage, rates: Rates) {
    super(inner);
    this.#upload = rates.upload === undefined ? undefined : new Pace(rates.upload);
    this.#download = rates.download === undefined ? undefined : new Pace(rates.download);
  }

  override read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const chunks = this.inner.read(name, range, signal);
    return this.#download === undefined ? chunks : paced(chunks, this.#download, signal);
  }

  override write(name: string, body: Body, options: WriteOptions): Promise<void> {
    const pace = this.#upload;
    if (pace === undefined) return this.inner.write(name, body, options);
    const slowed = mapBody(body, (chunks) => paced(chunks, pace, options.signal));
    return this.inner.write(name, slowed, options);
  }
}

/** Hands out the time at which each next run of bytes may go, without saving up more than a moment. */
class Pace {
  readonly #bytesPerMillisecond: number;
  readonly bytesAtOnce: number;
  #freeAt = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMillisecond = bytesPerSecond / 1000;
    this.bytesAtOnce = Math.max(1, Math.floor(bytesPerSecond / 10));
  }

  async take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const now = performance.now();
    this.#freeAt = Math.max(this.#freeAt, now) + bytes / this.#bytesPerMillisecond;
    const wait = this.#freeAt - now;
    if (wait >= 1) await sleep(wait, undefined, signal === undefined ? {} : { signal });
  }
}

async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  pace: Pace,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += pace.bytesAtOnce) {
      const piece = chunk.subarray(at, at + pace.bytesAtOnce);
      await pace.take(piece.length, signal);
      yield piece;
    }
  }
}
