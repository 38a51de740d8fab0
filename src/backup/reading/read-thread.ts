/** The thread that reads files in the order in which they are asked for; see SourceReader. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  eventKind,
  maxAheadBytes,
  messageBytes,
  noBase,
  numbersPerEvent,
  numbersPerRequest,
} from './protocol.js';
import type { ReadMessage, RequestMessage } from './protocol.js';
import { FileReader } from './read-file.js';
import type { FileSink } from './read-file.js';
import type { ReadRequest, ReadResult } from './read-request.js';
import { SummingThread } from './summing-thread.js';

type Failure = NonNullable<ReadResult['failure']>;

const port = parentPort;
/** One number that both threads share: the bytes that were sent and not yet used. */
const ahead = workerData as Int32Array;
const reader = new FileReader(new SummingThread());
let bytes = freshBytes(messageBytes);
let filled = 0;
let events: number[] = [];
let failures: Map<number, Failure> = new Map();

/** Keeps a copy of the bytes in the message; sends it when they do not fit. */
function keep(data: Uint8Array): number {
  if (filled + data.length > bytes.length && events.length > 0) send();
  if (data.length > bytes.length) bytes = freshBytes(data.length);
  bytes.set(data, filled);
  filled += data.length;
  return filled - data.length;
}

/** Memory of its own that need not be zeros: all of it that is sent was written. */
function freshBytes(length: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(buffer);
}

function send(): void {
  if (events.length === 0) return;
  for (let used = Atomics.load(ahead, 0); used > maxAheadBytes; used = Atomics.load(ahead, 0)) {
    Atomics.wait(ahead, 0, used);
  }
  Atomics.add(ahead, 0, bytes.byteLength);
  const { buffer } = bytes;
  const message: ReadMessage = { bytes: buffer, events: new Float64Array(events), failures };
  port?.postMessage(message, [buffer]);
  bytes = freshBytes(messageBytes);
  filled = 0;
  events = [];
  failures = new Map();
}

function emit(kind: number, data: Uint8Array): void {
  for (let at = 0; at < data.length; at += messageBytes) {
    const part = data.length > messageBytes ? data.subarray(at, at + messageBytes) : data;
    const offset = keep(part); // it may send, and so begin another list of events
    events.push(kind, offset, part.length, 0);
  }
}

const sink: FileSink = {
  data: (data) => {
    emit(eventKind.data, data);
  },
  signature: (part) => {
    emit(eventKind.signature, part);
  },
};

function read(request: ReadRequest): void {
  const { signature, bytes: bytesRead, changed, failure } = reader.read(request, sink);
  const offset = keep(signature);
  if (failure !== undefined) failures.set(events.length / numbersPerEvent, failure);
  const kind = changed ? eventKind.endOfChanged : eventKind.end;
  events.push(kind, offset, signature.length, bytesRead);
}

port?.on('message', ({ paths, numbers, bases }: RequestMessage) => {
  let at = 0;
  let baseAt = 0;
  for (const path of paths.split('\0')) {
    const baseLength = numbers[at + 1] ?? noBase;
    const request = { path, blockLength: numbers[at] ?? 0, follow: numbers[at + 2] === 1 };
    at += numbersPerRequest;
    if (baseLength === noBase) {
      read(request);
    } else {
      read({ ...request, base: bases.subarray(baseAt, baseAt + baseLength) });
      baseAt += baseLength;
    }
  }
  send();
});
