/**
 * Where a version's pieces lie as an index says, and which of these places were held against the tar headers of their
 * volume: before any byte of a piece is served, the header in front of it must be that of the file.
 */
import { isFirstHeaderOf, isHeaderOf, maxHeaderBytes } from '../archive/index.js';
import type { ExpectedEntry } from '../archive/index.js';
import type { Piece } from '../catalog/index.js';
import type { Run } from './run.js';
import type { VolumeBytes } from './volume-bytes.js';

/** What the pieces are said to be of. */
export interface PlacedVersion {
  readonly setId: number;
  readonly kind: 'snapshot' | 'diff';
  readonly path: string;
}

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

/** Enough for the header of most: its record, right in front of a piece. */
export const oneRecord = 512;
/** Numbers for each run of pieces: volume, offset, length, count, stride, and how many pieces come before it. */
const perRow = 6;
/** Pieces that are remembered to be right; of more than these some are looked at again. */
const maxRemembered = 100_000;
const bytesPerRemembered = 40;

export class PlaceChecks {
  readonly #version: PlacedVersion;
  /** Of the first piece; the others count on. */
  #firstNumber = 0;
  #rows = new Float64Array(perRow);
  #rowCount = 0;
  #pieces = 0;
  /** Rows that do not follow each other: no honest index has such. */
  #isDisordered = false;
  readonly #checked = new Set<number>();

  /** The pieces of the version are to be added, in order. */
  constructor(version: PlacedVersion) {
    this.#version = version;
  }

  /** The bytes of memory that they take, about. */
  get heldBytes(): number {
    return this.#rows.byteLength + this.#checked.size * bytesPerRemembered;
  }

  add({ volumeId, offset, length, number, count, stride }: Piece): void {
    if (this.#rowCount === 0) this.#firstNumber = number;
    else {
      const last = this.#row(this.#rowCount - 1);
      const end = last.offset + (last.count - 1) * last.stride + last.length;
      this.#isDisordered ||=
        volumeId < last.volumeId || (volumeId === last.volumeId && offset < end);
    }
    this.#isDisordered ||= count > 1 && stride < length;
    const at = this.#rowCount * perRow;
    if (at === this.#rows.length) {
      const larger = new Float64Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    const rows = this.#rows;
    rows[at] = volumeId;
    rows[at + 1] = offset;
    rows[at + 2] = length;
    rows[at + 3] = count;
    rows[at + 4] = stride;
    rows[at + 5] = this.#pieces;
    this.#rowCount += 1;
    this.#pieces += count;
  }

  /** Whether the run begins where a piece does that is to be checked: its header lies right in front of the run. */
  beginsUnchecked(run: Run): boolean {
    if (this.#checked.size === this.#pieces) return false;
    const index = this.#find(run);
    if (index === this.#rowCount) return false;
    const row = this.#row(index);
    const piece = firstTouched(row, run.offset);
    return (
      row.volumeId === run.volumeId &&
      row.offset + piece * row.stride === run.offset &&
      !this.#checked.has(row.before + piece)
    );
  }

  /**
   * Checks the pieces that the runs touch and that were not checked yet: undefined when they are right, else or when
   * that must be waited for a promise, which fails with WrongPlace.
   */
  check(runs: readonly Run[], volumes: VolumeBytes): Promise<void> | undefined {
    if (this.#checked.size === this.#pieces) return undefined;
    if (this.#isDisordered) {
      return Promise.reject(new WrongPlace(this.#version, this.#row(0).volumeId));
    }
    const waiting: Promise<void>[] = [];
    for (const run of runs) {
      const end = run.offset + run.length;
      for (let index = this.#find(run); index < this.#rowCount; index += 1) {
        const row = this.#row(index);
        if (row.volumeId !== run.volumeId || row.offset >= end) break;
        for (let piece = firstTouched(row, run.offset); piece < row.count; piece += 1) {
          const offset = row.offset + piece * row.stride;
          if (offset >= end) break;
          const pieceIndex = row.before + piece;
          if (this.#checked.has(pieceIndex)) continue;
          const { volumeId, length } = row;
          const checked = this.#check({ volumeId, offset, length, index: pieceIndex }, volumes);
          if (checked !== undefined) waiting.push(checked);
        }
      }
    }
    return waiting.length === 0 ? undefined : all(waiting);
  }

  #check(place: Place, volumes: VolumeBytes): Promise<void> | undefined {
    const { volumeId, offset } = place;
    const front =
      offset < oneRecord ? noBytes : volumes.read(volumeId, offset - oneRecord, oneRecord);
    if (Buffer.isBuffer(front) && isHeaderOf(front, this.#expected(place)) === true) {
      this.#note(place.index);
      return undefined;
    }
    return this.#checkFully(place, front, volumes);
  }

  async #checkFully(
    place: Place,
    front: Buffer | Promise<Buffer>,
    volumes: VolumeBytes,
  ): Promise<void> {
    const { volumeId, offset } = place;
    const expected = this.#expected(place);
    let bytes = await front;
    let isRight = isHeaderOf(bytes, expected);
    for (let length = 4 * oneRecord; isRight === undefined; length *= 8) {
      const wanted = Math.min(length, offset, maxHeaderBytes);
      bytes = await volumes.read(volumeId, offset - wanted, wanted);
      isRight = wanted === length ? isHeaderOf(bytes, expected) : isFirstHeaderOf(bytes, expected);
    }
    // a content of several volumes that turned out to end in the first piece
    const isOnly = this.#pieces === 1 && this.#firstNumber === 0;
    isRight ||= isOnly && isFirstHeaderOf(bytes, { ...expected, piece: 1 });
    if (!isRight) throw new WrongPlace(this.#version, volumeId);
    this.#note(place.index);
  }

  #expected({ index, length }: Place): ExpectedEntry {
    const { kind, path } = this.#version;
    const piece = this.#firstNumber === 0 ? undefined : this.#firstNumber + index;
    return { kind, path, piece, dataLength: length };
  }

  #note(index: number): void {
    if (this.#checked.size >= maxRemembered && this.#pieces > maxRemembered) this.#checked.clear();
    this.#checked.add(index);
  }

  #row(index: number): Row {
    const at = perRow * index;
    const rows = this.#rows; // by numbers: this is asked for each file that is read
    return {
      volumeId: rows[at] ?? 0,
      offset: rows[at + 1] ?? 0,
      length: rows[at + 2] ?? 0,
      count: rows[at + 3] ?? 0,
      stride: rows[at + 4] ?? 0,
      before: rows[at + 5] ?? 0,
    };
  }

  /** The first run of pieces that ends behind the start, in its volume or a later one. */
  #find({ volumeId, offset }: Run): number {
    let low = 0;
    let high = this.#rowCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.#row(middle);
      const end = row.offset + (row.count - 1) * row.stride + row.length;
      const isBefore = row.volumeId < volumeId || (row.volumeId === volumeId && end <= offset);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Row {
  readonly volumeId: number;
  /** Of the first piece. */
  readonly offset: number;
  readonly length: number;
  readonly count: number;
  readonly stride: number;
  /** Pieces of the version in front of these. */
  readonly before: number;
}

/** One piece. */
interface Place extends Run {
  /** Among all pieces of the version, from 0. */
  readonly index: number;
}

/** The first of the row's pieces that ends behind the offset. */
function firstTouched({ offset, length, count, stride }: Row, at: number): number {
  if (count === 1 || at <= offset) return 0;
  const piece = Math.floor((at - offset) / stride);
  return offset + piece * stride + length > at ? piece : piece + 1;
}

async function all(waiting: readonly Promise<void>[]): Promise<void> {
  await Promise.all(waiting);
}

const noBytes = Buffer.alloc(0);
