/** Cuts a plaintext that streams by into blocks, and digests each; where to cut may be known somewhat later. */
import { createHash } from 'node:crypto';
import { digestBytes } from '../../archive/index.js';

export interface DigestedBlock {
  readonly plaintextOffset: number;
  readonly plaintextLength: number;
  readonly digest: Buffer;
}

export class BlockDigests {
  readonly blocks: DigestedBlock[] = [];
  readonly #waiting: Buffer[] = [];
  #length = 0;
  #digested = 0;
  #digest = createHash('sha256');
  #blockStart = 0;

  /** Bytes that came so far. */
  get length(): number {
    return this.#length;
  }

  /** Where the block begins that is not ended yet. */
  get blockStart(): number {
    return this.#blockStart;
  }

  /** Takes the next bytes, and keeps them until `digestTo`. */
  add(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#length += bytes.length;
  }

  /** No block will begin before `end`. */
  digestTo(end: number): void {
    while (this.#digested < end) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      const part = first.subarray(0, end - this.#digested);
      this.#digest.update(part);
      this.#digested += part.length;
      if (part.length === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(part.length);
    }
  }

  /** A block ends at `end`, which lies behind its start and among what came so far. */
  endBlock(end: number): void {
    this.digestTo(end);
    this.blocks.push({
      plaintextOffset: this.#blockStart,
      plaintextLength: end - this.#blockStart,
      digest: this.#digest.digest().subarray(0, digestBytes),
    });
    this.#digest = createHash('sha256');
    this.#blockStart = end;
  }
}
