/**
 * Waits a moment for the next request without sleeping.
 *
 * Who copies a tree asks for a file, writes it away for some 50 µs, and asks for the next. Sleeping in between costs
 * both sides: on a virtual machine, waking a processor that sleeps takes 50 to 200 µs of who wakes it, for each
 * file anew (docs/performance.md, "FUSE engines"). So where requests follow each other closely, /dev/fuse is asked again for a
 * fifth of a millisecond before the event loop goes to sleep. What else the event loop may have to do comes first.
 *
 * Node.js has no call for that: libc is called through koffi. Where that does not work, every wait is a sleep.
 */
import { availableParallelism, endianness } from 'node:os';

/** How long a request is waited for, in milliseconds. */
const patienceMs = 0.2;
/** The longest time without a turn of the event loop, whose timers must come. */
const longestTurnMs = 2;
/** How many requests at most come through the event loop, after waits in vain, before the next try. */
const longestRest = 8;

const pollin = 1;

/** The calls; numbers and layouts are Linux's. */
export interface PollCalls {
  /** Bytes read, or -1: the descriptor is never waited for. */
  readonly read: (fd: number, buffer: Buffer, length: number) => number;
  /** How many of the `struct pollfd` are ready. */
  readonly poll: (descriptors: Buffer, count: number, timeout: number) => number;
  /** The descriptor that is ready when the event loop has something to do. */
  readonly eventLoopFd: number;
  /** Milliseconds. */
  readonly now: () => number;
}

export class BusyPoll {
  readonly #calls: PollCalls;
  readonly #fd: number;
  readonly #buffer: Buffer;
  readonly #eventLoop: Buffer;
  #turnEnds = 0;
  /** Requests that still come through the event loop, because the last waits were in vain. */
  #resting = 0;
  #rest = 0;

  /** `fd` does not block; requests are read into `buffer`. */
  constructor(fd: number, buffer: Buffer, calls: PollCalls) {
    this.#fd = fd;
    this.#buffer = buffer;
    this.#calls = calls;
    this.#eventLoop = Buffer.alloc(8);
    this.#eventLoop.writeInt32LE(calls.eventLoopFd, 0);
    this.#eventLoop.writeInt16LE(pollin, 4);
  }

  /** To be called with each request that has come through the event loop; says whether to wait for more. */
  begin(): boolean {
    if (this.#resting > 0) {
      this.#resting -= 1;
      return false;
    }
    this.#turnEnds = this.#calls.now() + longestTurnMs;
    return true;
  }

  /** The length of the next request, which stands in the buffer; 0 when the event loop is to go on. */
  next(): number {
    const { read, poll, now } = this.#calls;
    const started = now();
    if (started > this.#turnEnds) return 0;
    for (;;) {
      // what makes the event loop ready is the request itself, more often than not: so it is asked for once more
      const isLoopReady = poll(this.#eventLoop, 1, 0) !== 0;
      const length = read(this.#fd, this.#buffer, this.#buffer.length);
      if (length > 0) {
        this.#rest = 0;
        return length;
      }
      if (isLoopReady) return 0;
      if (now() - started > patienceMs) {
        this.#rest = Math.min(2 * this.#rest + 1, longestRest);
        this.#resting = this.#rest;
        return 0;
      }
    }
  }
}

/** The calls by koffi; undefined where they cannot be had, or where waiting would take the only processor. */
export async function loadPollCalls(): Promise<PollCalls | undefined> {
  if (process.platform !== 'linux' || endianness() !== 'LE') return undefined;
  if (availableParallelism() < 2) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const symbols = koffi.load(null);
    const loop = symbols.func('void *uv_default_loop()')() as unknown;
    const eventLoopFd = symbols.func('int uv_backend_fd(void *loop)')(loop) as number;
    if (eventLoopFd < 0) return undefined;
    return {
      read: symbols.func('long read(int fd, void *buffer, size_t length)') as PollCalls['read'],
      poll: symbols.func('int poll(void *fds, size_t count, int timeout)') as PollCalls['poll'],
      eventLoopFd,
      now: performance.now.bind(performance),
    };
  } catch {
    return undefined; // no koffi for this platform, or a Node.js that hides its libuv
  }
}
