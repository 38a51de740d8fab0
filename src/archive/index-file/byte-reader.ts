/** The bytes of one record as they are taken apart. Whatever does not fit throws what `fail` makes. */
import { decodeName } from '../../base/index.js';
import type { Fail } from '../damaged.js';

export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #fail: Fail;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number, fail: Fail) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#fail = fail;
  }

  /** Whether nothing is left. */
  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  byte(): number {
    if (this.#at >= this.#end) throw this.#fail('holds a record that is too short');
    return this.#bytes[this.#at++] ?? 0;
  }

  number(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte - 0x80;
    for (let scale = 0x80; ; scale *= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw this.#fail('holds a number that is too large');
      if (byte < 0x80) return value;
      if (scale > 2 ** 49) throw this.#fail('holds a number that is too long');
    }
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A count of things that take at least `leastBytes` bytes each. */
  count(leastBytes: number): number {
    const value = this.number();
    if (value * leastBytes > this.#end - this.#at)
      throw this.#fail('holds a record that is too short');
    return value;
  }

  /** A copy of the bytes, so that it does not keep the whole chunk alive. */
  raw(length: number): Buffer {
    return Buffer.from(this.#take(length));
  }

  /** A copy of all that is left. */
  rest(): Buffer {
    return this.raw(this.#end - this.#at);
  }

  bytes(): Buffer {
    return this.raw(this.number());
  }

  /** A reader of as many bytes as a number before them says, which this one passes over. */
  part(): ByteReader {
    const length = this.number();
    this.#take(length);
    return new ByteReader(this.#bytes, this.#at - length, this.#at, this.#fail);
  }

  text(): string {
    const length = this.number();
    if (length > this.#end - this.#at) throw this.#fail('holds a record that is too short');
    const start = this.#at;
    const stop = start + length;
    for (let i = start; i < stop; i += 1) {
      if ((this.#bytes[i] ?? 0) >= 0x80) return decodeName(this.#take(length));
    }
    this.#at = stop;
    return this.#bytes.toString('latin1', start, stop);
  }

  #take(length: number): Buffer {
    if (length > this.#end - this.#at) throw this.#fail('holds a record that is too short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
