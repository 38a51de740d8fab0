/** Reads extents from volumes, and holds the places that an index gave against the headers in front of them. */
import type { VolumeReader } from '../catalog/index.js';
import type { Extents } from './extents.js';
import type { PlaceChecks, ReadVolume } from './place-checks.js';
import { ReadAhead } from './read-ahead.js';
import { closeGaps, runsOf, spanOf } from './runs.js';
import type { Run } from './runs.js';

/** Bytes of the record in front of a piece: all that most headers are. */
const headerBytes = 512;

interface UncheckedRead {
  readonly runs: readonly Run[];
  /** All of them and what lies between. */
  readonly span: Run | undefined;
  /** The sum of their lengths. */
  readonly wanted: number;
  /** With pieces of the runs that are still to be held against their headers. */
  readonly unchecked: readonly PlaceChecks[];
}

export class ExtentsReader {
  readonly #volumes: VolumeReader;
  readonly #readAhead: ReadAhead;

  constructor(volumes: VolumeReader) {
    this.#volumes = volumes;
    this.#readAhead = new ReadAhead((volumeId) => {
      volumes.decodeNext(volumeId);
    });
  }

  /** Bytes of a file from `offset`, fewer than `length` only at its end. Fails with WrongPlace. */
  read(
    extents: Extents,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const wanted = Math.min(length, extents.length - offset);
    if (wanted <= 0) return Buffer.alloc(0);
    const runs = runsOf(extents, offset, wanted);
    const span = spanOf(runs);
    const unchecked = extents.checks.filter((one) => !one.areChecked(runs));
    if (unchecked.length > 0) return this.#readChecked({ runs, span, wanted, unchecked }, signal);
    if (span === undefined) return this.#readApart(runs, wanted, signal);
    const bytes = this.#readRun(span, signal);
    if (Buffer.isBuffer(bytes)) return closeGaps(bytes, runs, wanted);
    return bytes.then((read) => closeGaps(read, runs, wanted));
  }

  /**
   * The headers are read with the bytes: apart from them they would be another fetch, and to who reads ahead a step
   * back.
   */
  #readChecked(
    { runs, span, wanted, unchecked }: UncheckedRead,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    if (span === undefined || span.offset < headerBytes) {
      const bytes = this.#readApart(runs, wanted, signal);
      const checking = this.#check(unchecked, runs, (volumeId, offset, length) =>
        this.#volumes.read(volumeId, offset, length, signal),
      );
      return checking.length === 0 ? bytes : Promise.all([bytes, ...checking]).then(([all]) => all);
    }
    // of a piece that goes on, the header lies far away
    const before = unchecked.some((one) => one.beginsUnchecked(span)) ? headerBytes : 0;
    const from = span.offset - before;
    const finish = (wide: Buffer): Buffer | Promise<Buffer> => {
      const checking = this.#check(unchecked, runs, (volumeId, offset, length) => {
        const at = volumeId === span.volumeId ? offset - from : -1;
        if (at >= 0 && at + length <= wide.length) return wide.subarray(at, at + length);
        return this.#volumes.read(volumeId, offset, length, signal);
      });
      const close = (): Buffer => closeGaps(wide.subarray(before), runs, wanted);
      return checking.length === 0 ? close() : Promise.all(checking).then(close);
    };
    const wide = { volumeId: span.volumeId, offset: from, length: span.length + before };
    const bytes = this.#readRun(wide, signal);
    return Buffer.isBuffer(bytes) ? finish(bytes) : bytes.then(finish);
  }

  /** What is to be waited for before the bytes of the runs may be served. */
  #check(
    unchecked: readonly PlaceChecks[],
    runs: readonly Run[],
    read: ReadVolume,
  ): Promise<void>[] {
    return unchecked.flatMap((one) => one.check(runs, read) ?? []);
  }

  #readApart(
    runs: readonly Run[],
    wanted: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const parts = runs.map((run) => this.#readRun(run, signal));
    if (parts.every((part) => Buffer.isBuffer(part))) return Buffer.concat(parts, wanted);
    return Promise.all(parts.map(async (part) => part)).then((buffers) =>
      Buffer.concat(buffers, wanted),
    );
  }

  #readRun(
    { volumeId, offset, length }: Run,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    this.#readAhead.note(volumeId, offset, length);
    return this.#volumes.read(volumeId, offset, length, signal);
  }
}
