/** What is kept of a program's output, which may be of any length. */

/** The first bytes of a stream. */
export class Head {
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when it is more than what is kept. */
  add(piece: Buffer): boolean {
    const kept = piece.subarray(0, this.#maxBytes - this.#length);
    if (kept.length > 0) this.#pieces.push(kept);
    this.#length += kept.length;
    return kept.length === piece.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** The last bytes of a stream. */
export class Tail {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(piece: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, piece]).subarray(-this.#maxBytes);
  }

  text(): string {
    return this.#bytes.toString('utf8');
  }
}
