/** Threads that work beside the event loop. */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** They keep nothing for long; V8 would take three times as much for what they drop. */
const youngMegabytes = 4;

export interface ThreadOptions<Message> {
  /** What errors call it: "The thread that …". */
  readonly task: string;
  readonly workerData?: unknown;
  readonly onMessage: (message: Message) => void;
  /** Called when it has failed or ended, however that came: nothing will be sent any more. */
  readonly onEnd: (error: Error) => void;
}

/** Starts a thread; `program` is a file of the compiled program. */
export function startThread<Message>(program: URL, options: ThreadOptions<Message>): Worker {
  const { task, workerData, onMessage, onEnd } = options;
  const worker = new Worker(program, {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
  });
  worker.on('message', onMessage);
  worker.on('error', onEnd);
  worker.on('exit', () => {
    onEnd(new Error(`The thread that ${task} has ended`));
  });
  return worker;
}

/** For what a thread does before it heeds a farewell: one call of a library, or a signature by gpg. */
const graceMilliseconds = 10_000;

/**
 * Ends a thread by a message at which it ends itself, between two steps of its work. `terminate` ends it wherever it is:
 * koffi in the middle of a call takes the whole process with it.
 */
export async function endThread(worker: Worker, farewell: unknown): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      resolve();
    });
  });
  if (worker.threadId === -1) return; // it has ended already
  worker.postMessage(farewell);
  const late = setTimeout(graceMilliseconds, false, { ref: false });
  if ((await Promise.race([ended, late])) === false) await worker.terminate();
}

/** What a thread has sent and nobody has taken yet; `onMessage` and `onEnd` are for startThread. */
export class ThreadMessages<Message> {
  readonly #messages: Message[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  readonly onMessage = (message: Message): void => {
    this.#messages.push(message);
    this.#wake?.();
  };

  readonly onEnd = (error: Error): void => {
    this.#failure ??= error;
    this.#wake?.();
  };

  /** The next, if it is there already. */
  shift(): Message | undefined {
    return this.#messages.shift();
  }

  /** Waits for one, when there is none. Throws why there will be no more. */
  async wait(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
