/** The entries of a tar without what closes it, so that another tar can follow. */
import { paddingLength, TarParser } from '../archive/index.js';

/** Longer than any header with what it carries: what is held back for longer belongs to no entry. */
const maxHeldBytes = 4 << 20;

export class TarEntries {
  readonly #parser: TarParser;
  /** Up to where the tar is known to be entries. */
  #end = 0;
  #dataBytes = 0;
  #dataOffset = 0;
  #given = 0;
  /** What may be a header, or the zeros at the end. */
  #held: Buffer = Buffer.alloc(0);
  #isOver = false;

  /** `name` is what errors call the tar. */
  constructor(name: string) {
    this.#parser = new TarParser(name, {
      header: (_header, _headerOffset, dataOffset) => {
        this.#dataOffset = dataOffset;
        this.#dataBytes = 0;
        this.#end = dataOffset;
      },
      data: (chunk) => {
        this.#dataBytes += chunk.length;
        this.#end = this.#dataOffset + this.#dataBytes;
      },
      entryEnd: () => {
        this.#end = this.#dataOffset + this.#dataBytes + paddingLength(this.#dataBytes);
      },
    });
  }

  /** Bytes of entries so far. */
  get length(): number {
    return this.#given;
  }

  /** Takes the next bytes of the tar; gives those that are known by now to be of entries, a part of them. */
  push(chunk: Buffer): Buffer {
    if (this.#isOver) return noBytes;
    this.#parser.push(chunk);
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const wanted = Math.min(this.#end - this.#given, bytes.length);
    this.#given += wanted;
    this.#held = Buffer.from(bytes.subarray(wanted));
    this.#isOver = this.#held.length > maxHeldBytes;
    if (this.#isOver) this.#held = noBytes;
    return bytes.subarray(0, wanted);
  }

  /**
   * To be called when all was given: whether the last entry is whole is for the tar's hash to say, but its padding may
   * be missing.
   * @returns the zeros that fill its last record up
   */
  end(): Buffer {
    const missing = this.#end - this.#given;
    this.#given += missing;
    return Buffer.alloc(missing);
  }
}

const noBytes = Buffer.alloc(0);
