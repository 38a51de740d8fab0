/**
 * Reads files in a thread of its own, ahead of whoever uses them: what was asked for first comes first. The
 * thread sleeps when it is too far ahead, so memory is bounded whatever the files.
 */
import type { Worker } from 'node:worker_threads';
import { noteShortLived, startThread, ThreadMessages } from '../../threads/index.js';
import { eventKind, noBase, numbersPerEvent } from './protocol.js';
import type { ReadMessage, RequestMessage } from './protocol.js';
import type { ReadRequest, ReadResult } from './read-request.js';

/** Of the file that was asked for first and has not ended yet. */
export type ReadEvent =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  /** A part of the signature of a file without a base; the result has the end of it. */
  | { readonly kind: 'signature'; readonly bytes: Buffer }
  | { readonly kind: 'end'; readonly result: ReadResult };

/** Requests are sent in batches: a message costs more than opening a file. */
const requestsPerBatch = 64;

export class SourceReader {
  readonly #ahead = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  readonly #messages = new ThreadMessages<ReadMessage>();
  /** What was asked for and not sent yet. */
  #paths: string[] = [];
  #numbers: number[] = [];
  #bases: Uint8Array[] = [];
  #message: ReadMessage | undefined;
  /** Of the next event. */
  #position = 0;

  /** Has the thread get ready, where files are sure to come. */
  start(): void {
    this.#thread();
  }

  /** Asks for one more file. */
  request({ path, blockLength, base, follow }: ReadRequest): void {
    this.#paths.push(path);
    this.#numbers.push(blockLength, base?.length ?? noBase, follow ? 1 : 0);
    if (base !== undefined) this.#bases.push(base);
    if (this.#paths.length >= requestsPerBatch) this.flush();
  }

  /** Sends what was asked for. */
  flush(): void {
    if (this.#paths.length === 0) return;
    const message: RequestMessage = {
      paths: this.#paths.join('\0'),
      numbers: new Float64Array(this.#numbers),
      bases: Buffer.concat(this.#bases),
    };
    this.#thread().postMessage(message);
    this.#paths = [];
    this.#numbers = [];
    this.#bases = [];
  }

  /** The next event, if it is there already; its bytes are valid for as long as they are kept. */
  ready(): ReadEvent | undefined {
    const message = this.#current();
    if (message === undefined) return undefined;
    const { bytes, events, failures } = message;
    const number = this.#position;
    this.#position += 1;
    const at = number * numbersPerEvent;
    const piece = Buffer.from(bytes, events[at + 1], events[at + 2]);
    const kind = events[at];
    if (kind === eventKind.data) return { kind: 'data', bytes: piece };
    if (kind === eventKind.signature) return { kind: 'signature', bytes: piece };
    const changed = kind === eventKind.endOfChanged;
    const result = { bytes: events[at + 3] ?? 0, signature: piece, changed };
    const failure = failures.get(number);
    return { kind: 'end', result: failure === undefined ? result : { ...result, failure } };
  }

  /** The message that has the next event, if it is there already. */
  #current(): ReadMessage | undefined {
    const message = this.#message;
    if (message !== undefined) {
      if (this.#position * numbersPerEvent < message.events.length) return message;
      const { byteLength } = message.bytes;
      Atomics.sub(this.#ahead, 0, byteLength);
      Atomics.notify(this.#ahead, 0);
      noteShortLived(byteLength);
    }
    this.#message = this.#messages.shift();
    this.#position = 0;
    return this.#message;
  }

  /** The next event; a file must have been asked for. */
  async next(): Promise<ReadEvent> {
    for (;;) {
      const event = this.ready();
      if (event !== undefined) return event;
      this.flush();
      await this.#messages.wait();
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #thread(): Worker {
    const { onMessage, onEnd } = this.#messages;
    this.#worker ??= startThread(new URL('./read-thread.js', import.meta.url), {
      task: 'reads files',
      workerData: this.#ahead,
      onMessage,
      onEnd,
    });
    return this.#worker;
  }
}
