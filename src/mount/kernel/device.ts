/**
 * The open /dev/fuse of one mount: one read gives one request, one write takes one reply.
 *
 * While requests follow each other closely they are read without sleeping in between (BusyPoll). Else the
 * descriptor is read through libuv's event loop (epoll), as a pipe is. The alternatives were measured
 * and are slower or worse (docs/performance.md, "FUSE engines"): a blocking read in libuv's pool takes one
 * of the few threads that zlib and the file system share, and, like one in a worker thread, keeps a
 * crashing process from ending, which would leave a mountpoint that hangs its users for ever instead of
 * one that says "not connected". Node opens only what it takes for pipes and sockets as a stream, so
 * the handle's class is taken from a socket; where that is not possible, `isSupported` is false.
 */
import { write, writeSync, writevSync } from 'node:fs';
import { Socket } from 'node:net';
import type { SocketConstructorOpts } from 'node:net';
import { DuplifsError, errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import type { MountEvent } from '../events.js';

import { BusyPoll, loadPollCalls } from './busy-poll.js';

/** Room for any request: the largest is SETXATTR with a value of 64 KiB. */
const requestBytes = 132 * 1024;
const longestNoticeMs = 5000;
/** Loading koffi takes some 15 ms, which who only looks into a folder need not wait for. */
const requestsBeforeBusyPoll = 32;

/** The part of Node's pipe handle that is used here. */
interface PipeHandle {
  open(fd: number): number;
  readStop(): number;
  close(done?: () => void): void;
}
type PipeClass = new (type: number) => PipeHandle;

/** Options that net.Socket takes and its types do not say; `onread` is documented for connections. */
interface HandleOptions extends SocketConstructorOpts {
  readonly handle: PipeHandle;
  readonly onread: { readonly buffer: Buffer; readonly callback: (length: number) => boolean };
}

export interface DeviceEvents {
  /**
   * A request of `length` bytes stands in `device.request`, until this returns. Says whether all requests
   * have been answered: then nothing is to be done but to wait for the next.
   */
  onRequest(length: number): boolean;
  /** Nothing follows: unmounted, or the connection was cut. Called once. */
  onEnd(): void;
}

export class FuseDevice {
  /** The request that is being handled; overwritten by the next. */
  readonly request = Buffer.allocUnsafeSlow(requestBytes);
  readonly #fd: number;
  readonly #report: Report<MountEvent>;
  #socket: Socket | undefined;
  /** Those that have come through the event loop. */
  #requests = 0;
  #busyPoll: BusyPoll | undefined;
  #closed = false;
  #notices = 0;
  #onQuiet: (() => void) | undefined;

  constructor(fd: number, report: Report<MountEvent>) {
    this.#fd = fd;
    this.#report = report;
  }

  /** Begins to read; the mount must be complete (before, the kernel answers EPERM). */
  start(events: DeviceEvents): void {
    const handle = openPipe(this.#fd);
    this.#holdWhileNoticesAreWritten(handle);
    const callback = (length: number): boolean => {
      this.#handle(length, events);
      return true;
    };
    const options: HandleOptions = { handle, onread: { buffer: this.request, callback } };
    const socket = new Socket(options);
    this.#socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // ENODEV: unmounted; ECONNABORTED: cut by the administrator; else the kernel's news to us.
      if (error.code === 'ENODEV') return;
      this.#report({ level: 'debug', code: 'fuse-device-failed', reason: errorText(error) });
    });
    socket.once('close', () => {
      events.onEnd();
    });
  }

  /** Handles a request that has come through the event loop, and those that follow it closely. */
  #handle(length: number, events: DeviceEvents): void {
    let isIdle = events.onRequest(length);
    this.#requests += 1;
    if (this.#requests === requestsBeforeBusyPoll) void this.#loadBusyPoll();
    if (this.#busyPoll?.begin() !== true) return;
    while (isIdle && !this.#closed) {
      const next = this.#busyPoll.next();
      if (next === 0) return;
      isIdle = events.onRequest(next);
    }
  }

  async #loadBusyPoll(): Promise<void> {
    const calls = await loadPollCalls();
    if (calls !== undefined) this.#busyPoll = new BusyPoll(this.#fd, this.request, calls);
  }

  /** Sends the first `length` bytes as one reply. */
  reply(bytes: Uint8Array, length: number): void {
    if (this.#closed) return;
    try {
      writeSync(this.#fd, bytes, 0, length);
    } catch (error) {
      this.#explain(error);
    }
  }

  /** Sends a header and what follows it as one reply. */
  replyWithData(header: Uint8Array, data: Uint8Array): void {
    if (this.#closed) return;
    try {
      writevSync(this.#fd, [header, data]);
    } catch (error) {
      this.#explain(error);
    }
  }

  /**
   * Tells the kernel something that it did not ask. Not on the main thread: the kernel may wait for locks
   * that are held by somebody who waits for a reply of ours.
   */
  notify(message: Uint8Array): void {
    if (this.#closed) return;
    this.#notices += 1;
    write(this.#fd, message, 0, message.length, null, (error) => {
      this.#notices -= 1;
      if (error !== null) this.#explain(error);
      if (this.#notices === 0) this.#onQuiet?.();
    });
  }

  /** Cuts the connection: the mountpoint, if it still is one, is "not connected" from now on. */
  close(): void {
    this.#socket?.destroy();
  }

  /**
   * A socket closes its descriptor by itself when reading ends. The number may be another file's a moment
   * later, and what is still to be written would go there: so replies end at once, and the descriptor is
   * kept until the notices that wait for a thread are out.
   */
  #holdWhileNoticesAreWritten(handle: PipeHandle): void {
    const close = handle.close.bind(handle);
    handle.close = (done) => {
      this.#closed = true;
      handle.readStop();
      if (this.#notices === 0) {
        close(done);
        return;
      }
      const finish = (): void => {
        clearTimeout(timer);
        this.#onQuiet = undefined;
        close(done);
      };
      // One that has begun keeps the open file by itself; this long none waits for a thread.
      const timer = setTimeout(finish, longestNoticeMs);
      this.#onQuiet = finish;
    };
  }

  #explain(error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code;
    // ENOENT: the request was interrupted, or nothing was cached; the others: the mount is gone.
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'EBADF' || code === 'ENOTDIR') return;
    this.#report({ level: 'error', code: 'fuse-reply-refused', reason: errorText(error) });
  }
}

/** Whether this Node.js can read /dev/fuse through its event loop. */
export function isSupported(): boolean {
  return pipeClass() !== undefined;
}

function openPipe(fd: number): PipeHandle {
  const Pipe = pipeClass();
  if (Pipe === undefined) throw new DuplifsError('FUSE', noPipes);
  const handle = new Pipe(0);
  const status = handle.open(fd);
  if (status < 0) throw new DuplifsError('FUSE', `Cannot watch "/dev/fuse": error ${status}`);
  return handle;
}

export const noPipes = 'This Node.js cannot watch "/dev/fuse"';

let knownClass: PipeClass | null | undefined;

/** Connecting by path makes a pipe handle at once; whether that path answers does not matter. */
function pipeClass(): PipeClass | undefined {
  if (knownClass === undefined) {
    const socket = new Socket();
    socket.on('error', () => undefined);
    socket.connect({ path: '/dev/null' });
    const handle = (socket as unknown as { _handle?: { open?: unknown } | null })._handle;
    knownClass =
      typeof handle?.open === 'function' ? (handle.constructor as unknown as PipeClass) : null;
    socket.destroy();
  }
  return knownClass ?? undefined;
}
