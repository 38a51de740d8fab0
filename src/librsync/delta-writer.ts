import { deltaMagic, maxImmediateLiteral, opCopy, opEnd, opLiteral } from './formats.js';

const firstCapacity = 512;
const capacity = 64 * 1024;
/** The opcode and two operands. */
const maxHeaderLength = 17;

/**
 * Encodes a delta's commands (docs/format/1-bytes.md 6.3), in the shortest widths as librsync does,
 * and joins COPYs that follow each other in the basis. Gives the bytes away in buffers of some 64 KiB
 * that it does not touch again.
 */
export class DeltaWriter {
  readonly #emit: (bytes: Buffer) => void;
  #out = Buffer.allocUnsafe(firstCapacity);
  #outLength = 0;
  #copyStart = 0;
  #copyLength = 0;

  constructor(emit: (bytes: Buffer) => void) {
    this.#emit = emit;
    this.#outLength = this.#out.writeUInt32BE(deltaMagic, 0);
  }

  /** `length` bytes of the basis from `start`. */
  copy(start: number, length: number): void {
    if (this.#copyLength > 0 && start === this.#copyStart + this.#copyLength) {
      this.#copyLength += length;
      return;
    }
    this.#endCopy();
    this.#copyStart = start;
    this.#copyLength = length;
  }

  /** These bytes, which are copied; none is allowed and writes nothing. */
  literal(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#endCopy();
    this.#reserve(maxHeaderLength);
    if (bytes.length <= maxImmediateLiteral) {
      this.#writeInteger(bytes.length, 0);
    } else {
      const width = widthLog2(bytes.length);
      this.#writeInteger(opLiteral + width, 0);
      this.#writeInteger(bytes.length, width);
    }
    for (let at = 0; at < bytes.length;) {
      this.#reserve(1);
      const part = bytes.subarray(at, at + this.#out.length - this.#outLength);
      this.#out.set(part, this.#outLength);
      this.#outLength += part.length;
      at += part.length;
    }
  }

  /** Writes END and gives away what is left. */
  finish(): void {
    this.#endCopy();
    this.#reserve(1);
    this.#writeInteger(opEnd, 0);
    this.#emit(this.#out.subarray(0, this.#outLength));
    this.#outLength = 0;
  }

  #endCopy(): void {
    if (this.#copyLength === 0) return;
    const startWidth = widthLog2(this.#copyStart);
    const lengthWidth = widthLog2(this.#copyLength);
    this.#reserve(maxHeaderLength);
    this.#writeInteger(opCopy + 4 * startWidth + lengthWidth, 0);
    this.#writeInteger(this.#copyStart, startWidth);
    this.#writeInteger(this.#copyLength, lengthWidth);
    this.#copyLength = 0;
  }

  #reserve(length: number): void {
    if (this.#out.length - this.#outLength >= length) return;
    this.#emit(this.#out.subarray(0, this.#outLength));
    this.#out = Buffer.allocUnsafe(capacity);
    this.#outLength = 0;
  }

  #writeInteger(value: number, log2OfWidth: number): void {
    const at = this.#outLength;
    if (log2OfWidth === 0) this.#outLength = this.#out.writeUInt8(value, at);
    else if (log2OfWidth === 1) this.#outLength = this.#out.writeUInt16BE(value, at);
    else if (log2OfWidth === 2) this.#outLength = this.#out.writeUInt32BE(value, at);
    else {
      this.#out.writeUInt32BE(Math.floor(value / 2 ** 32), at);
      this.#outLength = this.#out.writeUInt32BE(value % 2 ** 32, at + 4);
    }
  }
}

function widthLog2(value: number): 0 | 1 | 2 | 3 {
  if (value <= 0xff) return 0;
  if (value <= 0xffff) return 1;
  return value <= 0xffffffff ? 2 : 3;
}
