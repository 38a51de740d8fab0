/**
 * Reads files in a thread of its own, ahead of whoever uses them: what was asked for first comes first. The
 * thread sleeps when it is too far ahead, so memory is bounded whatever the files.
 */
import type { Worker } from 'node:worker_threads';
import { noteShortLived, startThread } from '../../base/index.js';
import type { ReadMessage } from './protocol.js';
import type { ReadRequest, ReadResult } from './read-file.js';

/** Of the file that was asked for first and has not ended yet. */
export type ReadEvent =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end'; readonly result: ReadResult };

/** Requests are sent in batches: a message costs more than opening a file. */
const requestsPerBatch = 64;

export class SourceReader {
  readonly #ahead = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  readonly #messages: ReadMessage[] = [];
  #batch: ReadRequest[] = [];
  #message: ReadMessage | undefined;
  #position = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** Asks for one more file. */
  request(request: ReadRequest): void {
    this.#batch.push(request);
    if (this.#batch.length >= requestsPerBatch) this.flush();
  }

  /** Sends what was asked for. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(this.#batch);
    this.#batch = [];
  }

  /** The next event, if it is there already; its bytes are valid for as long as they are kept. */
  ready(): ReadEvent | undefined {
    if (this.#message !== undefined && this.#position >= this.#message.events.length) {
      Atomics.sub(this.#ahead, 0, this.#message.bytes.byteLength);
      Atomics.notify(this.#ahead, 0);
      noteShortLived(this.#message.bytes.byteLength);
      this.#message = undefined;
    }
    if (this.#message === undefined) {
      this.#message = this.#messages.shift();
      this.#position = 0;
    }
    const event = this.#message?.events[this.#position];
    if (this.#message === undefined || event === undefined) return undefined;
    this.#position += 1;
    const bytes = Buffer.from(this.#message.bytes, event.offset, event.length);
    return event.kind === 'data'
      ? { kind: 'data', bytes }
      : { kind: 'end', result: { ...event.result, signature: bytes } };
  }

  /** The next event; a file must have been asked for. */
  async next(): Promise<ReadEvent> {
    for (;;) {
      const event = this.ready();
      if (event !== undefined) return event;
      if (this.#failure !== undefined) throw this.#failure;
      this.flush();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    return startThread<ReadMessage>(new URL('./read-thread.js', import.meta.url), {
      task: 'reads files',
      workerData: this.#ahead,
      onMessage: (message) => {
        this.#messages.push(message);
        this.#wake?.();
      },
      onEnd: (error) => {
        this.#failure ??= error;
        this.#wake?.();
      },
    });
  }
}
