/** Threads that work beside the event loop. */
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
