/** The thread that reads files in the order in which they are asked for; see SourceReader. */
import { parentPort, workerData } from 'node:worker_threads';
import { maxAheadBytes, messageBytes, type MessageEvent, type ReadMessage } from './protocol.js';
import { FileReader, type ReadRequest } from './read-file.js';
import { SummingThread } from './summing-thread.js';

const port = parentPort;
/** One number that both threads share: the bytes that were sent and not yet used. */
const ahead = workerData as Int32Array;
const reader = new FileReader(new SummingThread());
let bytes = freshBytes(messageBytes);
let filled = 0;
let events: MessageEvent[] = [];

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
  port?.postMessage({ bytes: buffer, events } satisfies ReadMessage, [buffer]);
  bytes = freshBytes(messageBytes);
  filled = 0;
  events = [];
}

port?.on('message', (requests: readonly ReadRequest[]) => {
  for (const request of requests) {
    const { signature, ...result } = reader.read(request, (data) => {
      for (let at = 0; at < data.length; at += messageBytes) {
        const part = data.subarray(at, at + messageBytes);
        const offset = keep(part); // it may send, and so begin another list of events
        events.push({ kind: 'data', offset, length: part.length });
      }
    });
    const offset = keep(signature);
    events.push({ kind: 'end', offset, length: signature.length, result });
  }
  send();
});
