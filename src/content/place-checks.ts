/**
 * Where a version's pieces lie as an index says, and which of these places were held against the tar headers of their
 * volume: before any byte of a piece is served, the header in front of it must be that of the file.
 */
import { isFirstHeaderOf, isHeaderOf, maxHeaderBytes } from '../archive/index.js';
import type { ExpectedEntry } from '../archive/index.js';
import type { Piece } from '../catalog/index.js';
import type { Run } from './runs.js';

/** What the pieces are said to be of. */
export interface PlacedVersion {
  readonly setId: number;
  readonly kind: 'snapshot' | 'diff';
  readonly path: string;
}

/** Bytes of a volume's plaintext: at once, or when they were fetched. */
export type ReadVolume = (
  volumeId: number,
  offset: number,
  length: number,
) => Buffer | Promise<Buffer>;

/** The header in front of a piece is not that of its file. */
export class WrongPlace extends Error {
  readonly version: PlacedVersion;
  readonly volumeId: number;

  constructor(version: PlacedVersion, volumeId: number) {
    super(`The place of "${version.path}" is not one of its own`);
    this.version = version;
    this.volumeId = volumeId;
  }
}

/** Enough for the record of most headers. */
const oneRecord = 512;

export class PlaceChecks {
  readonly count: number;
  readonly #version: PlacedVersion;
  /** Of the first piece; the others count on. */
  readonly #firstNumber: number;
  /** Packed, for a large file has very many: of piece n the volume, offset and length at 3n and behind it. */
  readonly #places: Float64Array;
  readonly #isChecked: Uint8Array;
  #left: number;

  /** `pieces` are all of the version, in order. */
  constructor(version: PlacedVersion, pieces: readonly Piece[]) {
    this.#version = version;
    this.count = pieces.length;
    this.#firstNumber = pieces[0]?.number ?? 0;
    this.#places = new Float64Array(3 * pieces.length);
    for (const [index, { volumeId, offset, length }] of pieces.entries()) {
      this.#places.set([volumeId, offset, length], 3 * index);
    }
    this.#isChecked = new Uint8Array(pieces.length);
    this.#left = pieces.length;
  }

  /**
   * Checks the pieces that the runs touch and that were not checked yet: undefined when they are right, else or when
   * that must be waited for a promise, which fails with WrongPlace.
   */
  check(runs: readonly Run[], read: ReadVolume): Promise<void> | undefined {
    if (this.#left === 0) return undefined;
    const waiting: Promise<void>[] = [];
    for (const run of runs) {
      for (let index = this.#find(run); index < this.count; index += 1) {
        const piece = this.#place(index);
        if (piece.volumeId !== run.volumeId || piece.offset >= run.offset + run.length) break;
        const checked = this.#isChecked[index] === 1 ? undefined : this.#check(index, read);
        if (checked !== undefined) waiting.push(checked);
      }
    }
    if (waiting.length === 0) return undefined;
    return Promise.all(waiting).then(() => undefined);
  }

  #check(index: number, read: ReadVolume): Promise<void> | undefined {
    const { volumeId, offset } = this.#place(index);
    const front = offset < oneRecord ? noBytes : read(volumeId, offset - oneRecord, oneRecord);
    if (Buffer.isBuffer(front) && isHeaderOf(front, this.#expected(index)) === true) {
      this.#note(index);
      return undefined;
    }
    return this.#checkFully(index, front, read);
  }

  async #checkFully(
    index: number,
    front: Buffer | Promise<Buffer>,
    read: ReadVolume,
  ): Promise<void> {
    const { volumeId, offset } = this.#place(index);
    const expected = this.#expected(index);
    let bytes = await front;
    let isRight = isHeaderOf(bytes, expected);
    for (let length = 4 * oneRecord; isRight === undefined; length *= 8) {
      const wanted = Math.min(length, offset, maxHeaderBytes);
      bytes = await read(volumeId, offset - wanted, wanted);
      isRight = wanted === length ? isHeaderOf(bytes, expected) : isFirstHeaderOf(bytes, expected);
    }
    // a content of several volumes that turned out to end in the first piece
    const isOnly = this.count === 1 && this.#firstNumber === 0;
    isRight ||= isOnly && isFirstHeaderOf(bytes, { ...expected, piece: 1 });
    if (!isRight) throw new WrongPlace(this.#version, volumeId);
    this.#note(index);
  }

  #expected(index: number): ExpectedEntry {
    const { kind, path } = this.#version;
    const piece = this.#firstNumber === 0 ? undefined : this.#firstNumber + index;
    return { kind, path, piece, dataLength: this.#place(index).length };
  }

  #note(index: number): void {
    if (this.#isChecked[index] === 0) this.#left -= 1;
    this.#isChecked[index] = 1;
  }

  #place(index: number): Run {
    const at = 3 * index;
    const [volumeId = 0, offset = 0, length = 0] = this.#places.subarray(at, at + 3);
    return { volumeId, offset, length };
  }

  /** The first piece that ends behind the run's start, in its volume or a later one. */
  #find({ volumeId, offset }: Run): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.#place(middle);
      const isBefore =
        piece.volumeId < volumeId ||
        (piece.volumeId === volumeId && piece.offset + piece.length <= offset);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const noBytes = Buffer.alloc(0);
