/** Threads that work beside the event loop. */
import { Worker } from 'node:worker_threads';
import { DuplifsError, errorText, isDuplifsError, type ErrorCode } from './errors.js';

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

/** An error on its way between threads, which keep no classes. */
export interface SentError {
  readonly message: string;
  /** Of a DuplifsError. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

export function sentError(error: unknown): SentError {
  const message = errorText(error);
  if (!isDuplifsError(error)) {
    return { message: error instanceof Error ? (error.stack ?? message) : message };
  }
  const { code, hint } = error;
  return hint === undefined ? { message, code } : { message, code, hint };
}

export function errorFrom({ message, code, hint }: SentError): Error {
  if (code === undefined) return new Error(message);
  return new DuplifsError(code, message, hint === undefined ? {} : { hint });
}
