import { constants } from 'node:buffer';
import { DuplifsError } from '../base/index.js';
import { signatureHeaderLength, signatureMagicMd4, strongSumLength } from './formats.js';
import { BlockSums } from './block-sums.js';
import { Md4Pair } from './md4.js';
import { weakSum } from './rollsum.js';

const blockSumsLength = 4 + strongSumLength;
/** Two blocks take JavaScript no longer than four take WebAssembly. */
const leastTogether = 3;
const firstCapacity = signatureHeaderLength + 8 * blockSumsLength;

/**
 * Makes the signature of a file whose bytes go by once (docs/format/1-bytes.md 6.1). Holds one block
 * and the signature so far.
 */
export class SignatureBuilder {
  readonly blockLength: number;
  readonly #md4 = new Md4Pair();
  readonly #sums: BlockSums | undefined;
  #out = Buffer.allocUnsafe(firstCapacity);
  #outLength = signatureHeaderLength;
  /** The begun block; made when a block is first cut by the end of a chunk. */
  #begun: Uint8Array = new Uint8Array(0);
  #begunLength = 0;

  /** @param blockLength in bytes, see blockLengthFor */
  constructor(blockLength: number) {
    this.blockLength = blockLength;
    this.#sums = BlockSums.of(blockLength);
    this.#out.writeUInt32BE(signatureMagicMd4, 0);
    this.#out.writeUInt32BE(blockLength, 4);
    this.#out.writeUInt32BE(strongSumLength, 8);
  }

  /** Whether the bytes so far end with a whole block. */
  get atBlockStart(): boolean {
    return this.#begunLength === 0;
  }

  /** Takes the next bytes of the file, cut anywhere. */
  update(chunk: Uint8Array): void {
    const start = this.#begunLength > 0 ? this.#continueBlock(chunk) : 0;
    let at = this.#sums === undefined ? start : this.#sumMany(this.#sums, chunk, start);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    const length = this.blockLength;
    for (; at + 2 * length <= chunk.length; at += 2 * length) {
      this.#md4.hash(view, at, at + length, length);
      const { first0, first1, second0, second1 } = this.#md4;
      this.addBlock(weakSum(view, at, length), first0, first1);
      this.addBlock(weakSum(view, at + length, length), second0, second1);
    }
    if (at + length <= chunk.length) {
      this.#sumBlock(view, at, length);
      at += length;
    }
    if (at < chunk.length) this.#beginBlock(chunk.subarray(at));
  }

  /** Sums blocks as long as there are several; up to where. */
  #sumMany(sums: BlockSums, chunk: Uint8Array, from: number): number {
    let at = from;
    for (;;) {
      const count = Math.min(Math.floor((chunk.length - at) / this.blockLength), sums.capacity);
      if (count < leastTogether) return at;
      sums.compute(chunk, at, count);
      for (let i = 0; i < count; i += 1) {
        this.addBlock(sums.weak(i), sums.strong0(i), sums.strong1(i));
      }
      at += count * this.blockLength;
    }
  }

  /**
   * Adds a block of which the sums are known; only at a block's start.
   * @param strong0 the first four bytes of its MD4 as a little-endian word; `strong1` the next four
   */
  addBlock(weak: number, strong0: number, strong1: number): void {
    if (this.#outLength + blockSumsLength > this.#out.length) this.#enlarge();
    this.#out.writeInt32BE(weak, this.#outLength);
    this.#out.writeInt32LE(strong0, this.#outLength + 4);
    this.#out.writeInt32LE(strong1, this.#outLength + 8);
    this.#outLength += blockSumsLength;
  }

  /** The whole signature's bytes; to be called once, after the last update. */
  digest(): Buffer {
    if (this.#begunLength > 0) this.#endBlock();
    return this.#out.subarray(0, this.#outLength);
  }

  #beginBlock(bytes: Uint8Array): void {
    if (this.#begun.length === 0) this.#begun = new Uint8Array(this.blockLength);
    this.#begun.set(bytes);
    this.#begunLength = bytes.length;
  }

  /** Fills the begun block up; returns how many bytes of the chunk that took. */
  #continueBlock(chunk: Uint8Array): number {
    const taken = Math.min(this.blockLength - this.#begunLength, chunk.length);
    this.#begun.set(chunk.subarray(0, taken), this.#begunLength);
    this.#begunLength += taken;
    if (this.#begunLength === this.blockLength) this.#endBlock();
    return taken;
  }

  #endBlock(): void {
    const length = this.#begunLength;
    this.#begunLength = 0;
    this.#sumBlock(new DataView(this.#begun.buffer), 0, length);
  }

  #sumBlock(view: DataView, at: number, length: number): void {
    this.#md4.hash(view, at, at, length);
    this.addBlock(weakSum(view, at, length), this.#md4.first0, this.#md4.first1);
  }

  #enlarge(): void {
    const capacity = Math.min(this.#out.length * 2, constants.MAX_LENGTH);
    if (capacity < this.#outLength + blockSumsLength) {
      throw new DuplifsError(
        'SOURCE',
        'A file is too long for a signature with such short blocks',
        {
          hint: 'Use a larger --max-blocksize',
        },
      );
    }
    const out = Buffer.allocUnsafe(capacity);
    this.#out.copy(out, 0, 0, this.#outLength);
    this.#out = out;
  }
}
