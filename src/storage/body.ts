import type { FileHandle } from 'node:fs/promises';
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

const fileChunkBytes = 1 << 20;

/**
 * An open file from its start to `size`, which must not change. A backend that can have the system copy files need
 * not read it.
 */
export class OpenFile extends Replayable {
  readonly descriptor: number;
  readonly size: number;
  readonly #file: FileHandle;
  readonly #onTaken: (bytes: number) => void;

  /** `onTaken` is told of bytes that were read or copied. */
  constructor(file: FileHandle, size: number, onTaken: (bytes: number) => void = () => undefined) {
    super(() => this.#read());
    this.descriptor = file.fd;
    this.size = size;
    this.#file = file;
    this.#onTaken = onTaken;
  }

  watched(onTaken: (bytes: number) => void): OpenFile {
    return new OpenFile(this.#file, this.size, onTaken);
  }

  /** Says that it was copied. */
  copied(): void {
    this.#onTaken(this.size);
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.size;) {
      const buffer = Buffer.allocUnsafe(Math.min(fileChunkBytes, this.size - at));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error('A file was cut off while it was stored');
      this.#onTaken(bytesRead);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}

/** Whether a write of the body may be tried again after some of it was taken. */
export function isReplayable(body: Body): boolean {
  return body instanceof Uint8Array || body instanceof Replayable;
}

/** In bytes; undefined when only reading it shows how long it is. */
export function lengthOf(body: Body): number | undefined {
  if (body instanceof Uint8Array) return body.length;
  return body instanceof OpenFile ? body.size : undefined;
}

/** The body; `onTaken` is told of the bytes that were taken of it. */
export function watchBody(body: Body, onTaken: (bytes: number) => void): Body {
  return body instanceof OpenFile
    ? body.watched(onTaken)
    : mapBody(body, (chunks) => watchedChunks(chunks, onTaken));
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

async function* watchedChunks(
  chunks: AsyncIterable<Uint8Array>,
  onTaken: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onTaken(chunk.length);
    yield chunk;
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable of what is there
async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield bytes.subarray(at, at + pieceBytes);
  }
}
