import type { Writable } from 'node:stream';

const events = ['drain', 'end', 'close', 'error'];

/** Resolves when a stream whose `write` gave false takes more, or when it has ended in any way. */
export function untilWritable(stream: Writable): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.once(event, done);
  });
}
