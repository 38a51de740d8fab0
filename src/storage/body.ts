import type { Body } from './storage.js';

/** A body that can be read again from its start, so that a write that failed half-way is retried. */
export class Replayable implements AsyncIterable<Uint8Array> {
  readonly #open: () => AsyncIterable<Uint8Array>;

  /** `open` is called once for each try and gives the same bytes each time. */
  constructor(open: () => AsyncIterable<Uint8Array>) {
    this.#open = open;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#open()[Symbol.asyncIterator]();
  }
}

/** Whether a write of the body may be tried again after some of it was taken. */
export function isReplayable(body: Body): boolean {
  return body instanceof Uint8Array || body instanceof Replayable;
}

const pieceBytes = 256 * 1024;

/** The body as chunks; large byte arrays are cut, so that progress can be watched and rates held. */
export function chunksOf(body: Body): AsyncIterable<Uint8Array> {
  if (!(body instanceof Uint8Array)) return body;
  return new Replayable(() => piecesOf(body));
}

/** Puts `transform` around the chunks of a body; it stays replayable when it was. */
export function mapBody(
  body: Body,
  transform: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const chunks = chunksOf(body);
  return isReplayable(chunks) ? new Replayable(() => transform(chunks)) : transform(chunks);
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable of what is there
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield bytes.subarray(at, at + pieceBytes);
  }
}
