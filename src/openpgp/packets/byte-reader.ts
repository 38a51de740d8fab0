import { MessageError } from './message-error.js';

const nothing = Buffer.alloc(0);

/**
 * Reads a stream of chunks by counts of bytes. One reader at a time; whoever stops before the end
 * calls `close`, which lets the source clean up.
 */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #buffered: Buffer = nothing;
  #ended = false;
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** How many bytes were taken or forgotten. */
  get position(): number {
    return this.#position;
  }

  /** The next `count` bytes, or fewer at the end, without taking them. */
  async peek(count: number): Promise<Buffer> {
    if (this.#buffered.length >= count) return this.#buffered.subarray(0, count);
    const parts = [this.#buffered];
    let length = this.#buffered.length;
    while (length < count && !this.#ended) {
      const chunk = await this.#pull();
      if (chunk) {
        parts.push(chunk);
        length += chunk.length;
      }
    }
    this.#buffered = parts.length === 1 ? this.#buffered : Buffer.concat(parts, length);
    return this.#buffered.subarray(0, count);
  }

  /** Takes exactly `count` bytes; a MessageError when the stream ends before. */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.peek(count);
    if (bytes.length < count) throw new MessageError('it ends too early');
    this.skip(count);
    return bytes;
  }

  /** Forgets `count` bytes that were peeked. */
  skip(count: number): void {
    this.#position += Math.min(count, this.#buffered.length);
    this.#buffered = this.#buffered.subarray(count);
  }

  /** The next bytes, at least one and at most `max`, in as large a piece as is there; undefined at the end. */
  async some(max = Number.MAX_SAFE_INTEGER): Promise<Buffer | undefined> {
    while (this.#buffered.length === 0) {
      if (this.#ended) return undefined;
      this.#buffered = (await this.#pull()) ?? nothing;
    }
    return this.available(max);
  }

  /** What is at hand without waiting, at most `max` bytes; it may be none. */
  available(max: number): Buffer {
    const piece = this.#buffered.subarray(0, max);
    this.#buffered = this.#buffered.subarray(piece.length);
    this.#position += piece.length;
    return piece;
  }

  /** What is at hand, without taking it. */
  get atHand(): Buffer {
    return this.#buffered;
  }

  /** All that is left, piece by piece. */
  async *pieces(): AsyncGenerator<Buffer, void, void> {
    for (let piece = await this.some(); piece; piece = await this.some()) yield piece;
  }

  /** Reads to the end and forgets all of it; the number of bytes that were left. */
  async drain(): Promise<number> {
    let count = 0;
    for await (const piece of this.pieces()) count += piece.length;
    return count;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#buffered = nothing;
    await this.#iterator.return?.();
  }

  async #pull(): Promise<Buffer | undefined> {
    const next = await this.#iterator.next();
    if (next.done === true) {
      this.#ended = true;
      return undefined;
    }
    const chunk = next.value;
    return Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}
