/** Cuts the bytes of one file into the pieces of the format (docs/format/1-bytes.md 4.3). */

export const pieceBytes = 65536;

export class PieceCutter {
  #parts: Buffer[] = [];
  #length = 0;
  /** Bytes that were taken away in full pieces. */
  #taken = 0;

  get isFull(): boolean {
    return this.#length >= pieceBytes;
  }

  /** All bytes that were added. */
  get total(): number {
    return this.#taken + this.#length;
  }

  /** The bytes must not change afterwards. */
  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** The next full piece. */
  take(): Buffer[] {
    const piece: Buffer[] = [];
    let wanted = pieceBytes;
    let used = 0;
    for (const part of this.#parts) {
      if (wanted === 0) break;
      piece.push(part.subarray(0, wanted));
      if (part.length > wanted) {
        this.#parts[used] = part.subarray(wanted);
        break;
      }
      wanted -= part.length;
      used += 1;
    }
    this.#parts.splice(0, used);
    this.#length -= pieceBytes;
    this.#taken += pieceBytes;
    return piece;
  }

  /** What is left: less than a piece, and maybe nothing. */
  rest(): readonly Buffer[] {
    return this.#parts;
  }
}
