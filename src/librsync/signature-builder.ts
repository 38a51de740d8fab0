import { constants } from 'node:buffer';
import { DuplifsError } from '../base/index.js';
import { signatureHeaderLength, signatureMagicMd4, strongSumLength } from './formats.js';
import { ChunkSums } from './chunk-sums.js';
import { Md4Pair } from './md4.js';
import { weakSum } from './rollsum.js';

const chunkSumsLength = 4 + strongSumLength;
/** Two chunks take JavaScript no longer than four take WebAssembly. */
const leastTogether = 3;
const firstCapacity = signatureHeaderLength + 8 * chunkSumsLength;

/** What is handed over of a signature at a time. */
const segmentLength = Math.floor((256 * 1024) / chunkSumsLength) * chunkSumsLength;

/**
 * Makes the signature of a file whose bytes go by once (docs/format/1-bytes.md 6.1). Holds one chunk
 * and the signature so far, or of that what was not handed over.
 */
export class SignatureBuilder {
  readonly blockLength: number;
  readonly #md4 = new Md4Pair();
  readonly #sums: ChunkSums | undefined;
  readonly #onSegment: ((bytes: Uint8Array) => void) | undefined;
  #out = Buffer.allocUnsafe(firstCapacity);
  #outLength = signatureHeaderLength;
  /** The begun chunk; made when a chunk is first cut by the end of an input. */
  #begun: Uint8Array = new Uint8Array(0);
  #begunLength = 0;

  /**
   * @param blockLength in bytes, see blockLengthFor
   * @param onSegment is given the signature as it grows, all but what `digest` returns; it must copy what it keeps
   */
  constructor(blockLength: number, onSegment?: (bytes: Uint8Array) => void) {
    this.blockLength = blockLength;
    this.#onSegment = onSegment;
    this.#sums = ChunkSums.of(blockLength);
    this.#out.writeUInt32BE(signatureMagicMd4, 0);
    this.#out.writeUInt32BE(blockLength, 4);
    this.#out.writeUInt32BE(strongSumLength, 8);
  }

  /** Whether the bytes so far end with a whole chunk. */
  get atChunkStart(): boolean {
    return this.#begunLength === 0;
  }

  /** Takes the next bytes of the file, cut anywhere. */
  update(input: Uint8Array): void {
    const start = this.#begunLength > 0 ? this.#continueChunk(input) : 0;
    let at = this.#sums === undefined ? start : this.#sumMany(this.#sums, input, start);
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    const length = this.blockLength;
    for (; at + 2 * length <= input.length; at += 2 * length) {
      this.#md4.hash(view, at, at + length, length);
      const { first0, first1, second0, second1 } = this.#md4;
      this.addChunk(weakSum(view, at, length), first0, first1);
      this.addChunk(weakSum(view, at + length, length), second0, second1);
    }
    if (at + length <= input.length) {
      this.#sumChunk(view, at, length);
      at += length;
    }
    if (at < input.length) this.#beginChunk(input.subarray(at));
  }

  /** Sums chunks as long as there are several; up to where. */
  #sumMany(sums: ChunkSums, input: Uint8Array, from: number): number {
    let at = from;
    for (;;) {
      const count = Math.min(Math.floor((input.length - at) / this.blockLength), sums.capacity);
      if (count < leastTogether) return at;
      sums.compute(input, at, count);
      for (let i = 0; i < count; i += 1) {
        this.addChunk(sums.weak(i), sums.strong0(i), sums.strong1(i));
      }
      at += count * this.blockLength;
    }
  }

  /**
   * Adds a chunk of which the sums are known; only at a chunk's start.
   * @param strong0 the first four bytes of its MD4 as a little-endian word; `strong1` the next four
   */
  addChunk(weak: number, strong0: number, strong1: number): void {
    if (this.#outLength + chunkSumsLength > this.#out.length) this.#enlarge();
    this.#out.writeInt32BE(weak, this.#outLength);
    this.#out.writeInt32LE(strong0, this.#outLength + 4);
    this.#out.writeInt32LE(strong1, this.#outLength + 8);
    this.#outLength += chunkSumsLength;
  }

  /** The signature's bytes, those that were not handed over; to be called once, after the last update. */
  digest(): Buffer {
    if (this.#begunLength > 0) this.#endChunk();
    return this.#out.subarray(0, this.#outLength);
  }

  #beginChunk(bytes: Uint8Array): void {
    if (this.#begun.length === 0) this.#begun = new Uint8Array(this.blockLength);
    this.#begun.set(bytes);
    this.#begunLength = bytes.length;
  }

  /** Fills the begun chunk up; returns how many bytes of the input that took. */
  #continueChunk(input: Uint8Array): number {
    const taken = Math.min(this.blockLength - this.#begunLength, input.length);
    this.#begun.set(input.subarray(0, taken), this.#begunLength);
    this.#begunLength += taken;
    if (this.#begunLength === this.blockLength) this.#endChunk();
    return taken;
  }

  #endChunk(): void {
    const length = this.#begunLength;
    this.#begunLength = 0;
    this.#sumChunk(new DataView(this.#begun.buffer), 0, length);
  }

  #sumChunk(view: DataView, at: number, length: number): void {
    this.#md4.hash(view, at, at, length);
    this.addChunk(weakSum(view, at, length), this.#md4.first0, this.#md4.first1);
  }

  #enlarge(): void {
    if (this.#onSegment !== undefined && this.#out.length >= segmentLength) {
      this.#onSegment(this.#out.subarray(0, this.#outLength));
      this.#outLength = 0;
      return;
    }
    const most = this.#onSegment === undefined ? constants.MAX_LENGTH : segmentLength;
    const capacity = Math.min(this.#out.length * 2, most);
    if (capacity < this.#outLength + chunkSumsLength) {
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
