/** Reads bytes of files by their extents, and holds places that an index gave against the headers in front of them. */
import type { VolumeReader } from '../catalog/index.js';
import { eventLoopTurns } from '../base/index.js';
import type { Extents } from './extents.js';
import { oneRecord } from './place-checks.js';
import type { ReadVolume } from './place-checks.js';
import { ReadAhead } from './read-ahead.js';
import { closeGaps, runsOf, spanOf } from './runs.js';
import type { Run } from './run.js';

export class ExtentsReader {
  readonly #volumes: VolumeReader;
  readonly #readAhead: ReadAhead;

  constructor(volumes: VolumeReader) {
    this.#volumes = volumes;
    this.#readAhead = new ReadAhead((volumeId) => {
      volumes.decodeNext(volumeId);
    });
  }

  /**
   * Bytes from `offset`, fewer than `length` only at the end: at once when the volumes that hold them were decoded.
   * Fails with WrongPlace where a header says otherwise than an index.
   */
  read(
    extents: Extents,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const wanted = Math.min(length, extents.length - offset);
    if (wanted <= 0) return Buffer.alloc(0);
    const runs = runsOf(extents, offset, wanted);
    if (lengthOf(runs) === wanted) return this.#readChecked(extents, runs, wanted, signal);
    return this.#readInTurn(extents, offset, wanted, signal);
  }

  /** Reads what is cut into very many runs: some thousand of them at a time. */
  async #readInTurn(
    extents: Extents,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    const parts: Buffer[] = [];
    const turn = eventLoopTurns();
    for (let done = 0; done < length;) {
      signal?.throwIfAborted();
      const runs = runsOf(extents, offset + done, length - done);
      const covered = lengthOf(runs);
      parts.push(await this.#readChecked(extents, runs, covered, signal));
      done += covered;
      await turn();
    }
    return Buffer.concat(parts, length);
  }

  #readChecked(
    { checks }: Extents,
    runs: readonly Run[],
    wanted: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const [first] = runs;
    if (first !== undefined && checks.some((one) => one.beginsUnchecked(first))) {
      const span = spanOf(runs);
      if (span !== undefined && span.offset >= oneRecord) {
        return this.#readWithHeaders(checks, { runs, span, wanted }, signal);
      }
    }
    const bytes = this.#readRuns(runs, wanted, signal);
    // after the bytes were asked for, which are fetched together with the headers in front of them
    const checking = pendingOf(checks, runs, this.#readerOf(signal));
    if (checking.length === 0) return bytes;
    return Promise.all([bytes, ...checking]).then(([read]) => read);
  }

  /** Reads the span of the runs and the header in front of it at once: most files are small, and read once. */
  #readWithHeaders(
    checks: Extents['checks'],
    { runs, span, wanted }: { runs: readonly Run[]; span: Run; wanted: number },
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const { volumeId } = span;
    const start = span.offset - oneRecord;
    this.#readAhead.note(volumeId, span.offset, span.length);
    const reading = this.#volumes.read(volumeId, start, span.length + oneRecord, signal);
    const elsewhere = this.#readerOf(signal);
    const checked = (bytes: Buffer): Buffer | Promise<Buffer> => {
      const read: ReadVolume = (id, offset, length) => {
        const at = offset - start;
        const isHere = id === volumeId && at >= 0 && at + length <= bytes.length;
        return isHere ? bytes.subarray(at, at + length) : elsewhere(id, offset, length);
      };
      const checking = pendingOf(checks, runs, read);
      const content = (): Buffer => closeGaps(bytes.subarray(oneRecord), runs, wanted);
      return checking.length === 0 ? content() : Promise.all(checking).then(content);
    };
    return Buffer.isBuffer(reading) ? checked(reading) : reading.then(checked);
  }

  #readerOf(signal: AbortSignal | undefined): ReadVolume {
    return (volumeId, offset, length) => this.#volumes.read(volumeId, offset, length, signal);
  }

  /** The bytes of the runs, `wanted` in all. */
  #readRuns(
    runs: readonly Run[],
    wanted: number,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const [only] = runs;
    if (runs.length === 1 && only !== undefined) return this.#readRun(only, signal);
    const span = spanOf(runs);
    if (span !== undefined) {
      const bytes = this.#readRun(span, signal);
      if (Buffer.isBuffer(bytes)) return closeGaps(bytes, runs, wanted);
      return bytes.then((read) => closeGaps(read, runs, wanted));
    }
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

function lengthOf(runs: readonly Run[]): number {
  let sum = 0;
  for (const { length } of runs) sum += length;
  return sum;
}

/** The checks that must be waited for. */
function pendingOf(
  checks: Extents['checks'],
  runs: readonly Run[],
  read: ReadVolume,
): Promise<void>[] {
  const pending: Promise<void>[] = [];
  for (const one of checks) {
    const checking = one.check(runs, read);
    if (checking !== undefined) pending.push(checking);
  }
  return pending;
}
