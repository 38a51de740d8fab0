/** Bytes of a record as they are put together; the buffer is used again for the next. */
import { encodeName } from '../../base/index.js';

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  /** What was written; good until the next write or reset. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** How much was written. */
  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** An unsigned number below 2^53: seven bits a byte, the lowest first, the top bit says that more follow. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not indexable: ${value}`);
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A signed number below 2^52: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A length and that many bytes. */
  bytes(value: Buffer): void {
    this.number(value.length);
    this.raw(value);
  }

  /** Bytes whose number the reader knows. */
  raw(value: Buffer, start = 0, end = value.length): void {
    this.#room(end - start);
    value.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  /** A name: its bytes and their number. */
  text(value: string): void {
    if (value.length < 0x80 && this.#ascii(value)) return;
    this.bytes(encodeName(value));
  }

  /** Writes a short ASCII text; false, and nothing written, when it is not ASCII. */
  #ascii(value: string): boolean {
    this.#room(value.length + 1);
    const start = this.#length + 1;
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) return false;
      this.#bytes[start + i] = unit;
    }
    this.#bytes[this.#length] = value.length;
    this.#length = start + value.length;
    return true;
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(2 * (this.#length + count));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}
