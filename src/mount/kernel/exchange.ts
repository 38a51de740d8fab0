/**
 * The requests that are under way, and how each comes to its one reply. An answer that is known at once
 * goes out at once; one that waits for the storage is kept by its request's number, so that INTERRUPT
 * can end it.
 */
import { errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { MountEvent } from '../events.js';
import { errnoNumber, errnoOf } from '../file-system-error.js';
import type { ErrnoName } from '../file-system-error.js';
import type { MaybePromise } from '../file-system.js';

import { encodeOutHeader } from './encode.js';
import { structs } from './protocol.js';

const headerBytes = structs.outHeader.size;
/** The largest reply that is encoded here (listings); data of files goes out from where it lies. */
const replyBytes = 128 * 1024;

/** What carries replies to the kernel. */
export interface Transport {
  reply(bytes: Uint8Array, length: number): void;
  replyWithData(header: Uint8Array, data: Uint8Array): void;
}

/** The part of a request that its reply needs. */
export interface Asked {
  readonly unique: number;
  readonly nodeid: number;
}

interface Pending {
  readonly nodeid: number;
  readonly controller: AbortController;
}

export class Exchange {
  /** Where bodies are encoded, from `bodyAt` on. */
  readonly view: DataView;
  readonly #out = Buffer.alloc(replyBytes);
  readonly #header = Buffer.alloc(headerBytes);
  readonly #headerView: DataView;
  readonly #transport: Transport;
  readonly #report: Report<MountEvent>;
  readonly #pending = new Map<number, Pending>();
  #onSettled: (() => void) | undefined;
  /** A controller that no waiting request has taken: making one costs more than most answers. */
  #spare = new AbortController();

  static readonly bodyAt = headerBytes;
  static readonly end = replyBytes;

  constructor(transport: Transport, report: Report<MountEvent>) {
    this.#transport = transport;
    this.#report = report;
    this.view = new DataView(this.#out.buffer, this.#out.byteOffset, this.#out.length);
    this.#headerView = new DataView(this.#header.buffer, this.#header.byteOffset, headerBytes);
  }

  /**
   * Asks the file system and sends what `reply` makes of the answer, now or when it is there. What is
   * thrown on either side becomes an errno.
   */
  answer<T>(
    asked: Asked,
    ask: (signal: AbortSignal) => MaybePromise<T>,
    reply: (answer: T) => void,
  ): void {
    try {
      const answer = ask(this.#spare.signal);
      if (answer instanceof Promise) this.#wait(asked, answer, reply);
      else reply(answer);
    } catch (error) {
      this.#fail(asked, error);
    }
  }

  /** Ends a waiting request with EINTR. A request that is already answered is none of our business. */
  interrupt(unique: number): void {
    const pending = this.#pending.get(unique);
    if (pending === undefined) return;
    this.#pending.delete(unique);
    this.sendError(unique, 'EINTR');
    pending.controller.abort();
    this.#onSettled?.();
  }

  /** Ends all that waits, without replies: the mount is gone. */
  abandon(): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { controller } of waiting) controller.abort();
    this.#onSettled?.();
  }

  /** Whether any request waits for an answer. */
  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether a request about this node waits for an answer. */
  isBusy(nodeid: number): boolean {
    for (const pending of this.#pending.values()) if (pending.nodeid === nodeid) return true;
    return false;
  }

  /** `listener` is called whenever a request that waited has ended. */
  onSettled(listener: () => void): void {
    this.#onSettled = listener;
  }

  /** Sends the body that stands in `view` up to `end`. */
  send(unique: number, end: number): void {
    encodeOutHeader(this.view, end, 0, unique);
    this.#transport.reply(this.#out, end);
  }

  /** Sends bytes from where they lie. */
  sendData(unique: number, data: Uint8Array): void {
    encodeOutHeader(this.#headerView, headerBytes + data.length, 0, unique);
    if (data.length === 0) this.#transport.reply(this.#header, headerBytes);
    else this.#transport.replyWithData(this.#header, data);
  }

  sendNothing(unique: number): void {
    this.send(unique, headerBytes);
  }

  sendError(unique: number, errno: ErrnoName): void {
    encodeOutHeader(this.#headerView, headerBytes, -errnoNumber(errno), unique);
    this.#transport.reply(this.#header, headerBytes);
  }

  #wait<T>({ unique, nodeid }: Asked, answer: Promise<T>, reply: (answer: T) => void): void {
    const pending = { nodeid, controller: this.#spare };
    this.#spare = new AbortController();
    this.#pending.set(unique, pending);
    const settle = (finish: () => void): void => {
      if (this.#pending.get(unique) !== pending) return; // interrupted, and answered by that
      this.#pending.delete(unique);
      finish();
      this.#onSettled?.();
    };
    answer.then(
      (value) => {
        settle(() => {
          try {
            reply(value);
          } catch (error) {
            this.#fail({ unique, nodeid }, error);
          }
        });
      },
      (error: unknown) => {
        settle(() => {
          this.#fail({ unique, nodeid }, error);
        });
      },
    );
  }

  #fail({ unique, nodeid }: Asked, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === 'EIO') {
      const reason = errorText(error);
      this.#report({ level: 'error', code: 'mount-inode-failed', inode: nodeid, reason });
    }
    this.sendError(unique, errno);
  }
}
