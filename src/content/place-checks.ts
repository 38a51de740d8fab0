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
    let at = 0;
    for (const { volumeId, offset, length } of pieces) {
      this.#places[at] = volumeId;
      this.#places[at + 1] = offset;
      this.#places[at + 2] = length;
      at += 3;
    }
    this.#isChecked = new Uint8Array(pieces.length);
    this.#left = pieces.length;
  }

  /** Whether all pieces that the runs touch were found right. */
  areChecked(runs: readonly Run[]): boolean {
    if (this.#left === 0) return true;
    return this.#unchecked(runs).length === 0;
  }

  /** Whether the run begins with the first byte of a piece that was not checked. */
  beginsUnchecked(run: Run): boolean {
    const index = this.#find(run);
    if (index >= this.count || this.#isChecked[index] === 1) return false;
    const { volumeId, offset } = this.#place(index);
    return volumeId === run.volumeId && offset === run.offset;
  }

  /**
   * Checks the pieces that the runs touch and that were not checked yet: undefined when they are right, else or when
   * that must be waited for a promise, which fails with WrongPlace.
   */
  check(runs: readonly Run[], read: ReadVolume): Promise<void> | undefined {
    const waiting: Promise<void>[] = [];
    for (const index of this.#unchecked(runs)) {
      const checked = this.#check(index, read);
      if (checked !== undefined) waiting.push(checked);
    }
    if (waiting.length === 0) return undefined;
    return Promise.all(waiting).then(() => undefined);
  }

  /** The pieces that the runs touch and that were not checked. */
  #unchecked(runs: readonly Run[]): number[] {
    const found: number[] = [];
    for (const run of runs) {
      for (let index = this.#find(run); index < this.count; index += 1) {
        const { volumeId, offset } = this.#place(index);
        if (volumeId !== run.volumeId || offset >= run.offset + run.length) break;
        if (this.#isChecked[index] === 0) found.push(index);
      }
    }
    return found;
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
    const places = this.#places;
    return {
      volumeId: places[at] ?? 0,
      offset: places[at + 1] ?? 0,
      length: places[at + 2] ?? 0,
    };
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
