import type { DeltaSink } from './delta-parser.js';

/** One command of a delta, with the place of its bytes in the result. */
export type DeltaCommand =
  | {
      readonly kind: 'copy';
      readonly targetOffset: number;
      /** Where in the basis the bytes begin. */
      readonly start: number;
      readonly length: number;
    }
  | {
      readonly kind: 'literal';
      readonly targetOffset: number;
      /** Where in the delta the bytes begin. */
      readonly deltaOffset: number;
      readonly length: number;
    };

const firstCapacity = 16;

/**
 * A run of consecutive commands in typed arrays: a delta may have millions. Command `i < count` gives
 * the bytes of the result from `targetOffset[i]`, `length[i]` of them; they begin at `source[i]`, in
 * the delta where `literalFlag[i]` is 1 and in the basis where it is 0. Elements from `count` on are not
 * part of it.
 */
export class DeltaCommands implements DeltaSink {
  count = 0;
  targetOffset = new Float64Array(firstCapacity);
  source = new Float64Array(firstCapacity);
  length = new Float64Array(firstCapacity);
  literalFlag = new Uint8Array(firstCapacity);
  #resultLength: number;

  /** @param targetOffset where in the result the first command's bytes go */
  constructor(targetOffset = 0) {
    this.#resultLength = targetOffset;
  }

  /** Where in the result these commands end: of the last batch, the length of the result. */
  get resultLength(): number {
    return this.#resultLength;
  }

  /** The command `index` as an object; undefined when there is none. */
  at(index: number): DeltaCommand | undefined {
    const targetOffset = this.targetOffset[index];
    const source = this.source[index];
    const length = this.length[index];
    if (index >= this.count || length === undefined) return undefined;
    if (targetOffset === undefined || source === undefined) return undefined;
    return this.literalFlag[index] === 1
      ? { kind: 'literal', targetOffset, deltaOffset: source, length }
      : { kind: 'copy', targetOffset, start: source, length };
  }

  copy(start: number, length: number): void {
    this.#add(start, length, 0);
  }

  literal(deltaOffset: number, length: number): void {
    this.#add(deltaOffset, length, 1);
  }

  #add(source: number, length: number, literalFlag: number): void {
    const index = this.count;
    if (index === this.source.length) this.#enlarge(index * 2);
    this.targetOffset[index] = this.#resultLength;
    this.source[index] = source;
    this.length[index] = length;
    this.literalFlag[index] = literalFlag;
    this.#resultLength += length;
    this.count = index + 1;
  }

  #enlarge(capacity: number): void {
    const grown = (from: Float64Array) => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    this.targetOffset = grown(this.targetOffset);
    this.source = grown(this.source);
    this.length = grown(this.length);
    const flags = new Uint8Array(capacity);
    flags.set(this.literalFlag);
    this.literalFlag = flags;
  }
}
