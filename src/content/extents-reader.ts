/** Reads bytes of files by their extents, and holds places that an index gave against the headers in front of them. */
import type { VolumeReader } from '../catalog/index.js';
import { eventLoopTurns } from '../base/index.js';
import type { Extents } from './extents.js';
import { oneRecord } from './place-checks.js';
import { ReadAhead } from './read-ahead.js';
import { closeGaps, runsOf, spanOf } from './runs.js';
import type { Run } from './run.js';
import { HeldBytes, SignalledVolumes } from './volume-bytes.js';
import type { VolumeBytes } from './volume-bytes.js';

/** What is read of a file at once: runs, and the span that they lie in. */
interface Part {
  readonly runs: readonly Run[];
  readonly span: Run;
  readonly wanted: number;
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
    if (first !== undefined && beginsUnchecked(checks, first)) {
      const span = spanOf(runs);
      if (span !== undefined && span.offset >= oneRecord) {
        return this.#readWithHeaders(checks, { runs, span, wanted }, signal);
      }
    }
    const bytes = this.#readRuns(runs, wanted, signal);
    if (checks.length === 0) return bytes;
    // after the bytes were asked for, which are fetched together with the headers in front of them
    const pending = pendingOf(checks, runs, new SignalledVolumes(this.#volumes, signal));
    return pending === undefined ? bytes : whenChecked(bytes, pending);
  }

  /** Reads the span of the runs and the header in front of it at once: most files are small, and read once. */
  #readWithHeaders(
    checks: Extents['checks'],
    part: Part,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const { volumeId, offset, length } = part.span;
    this.#readAhead.note(volumeId, offset, length);
    const bytes = this.#volumes.read(volumeId, offset - oneRecord, length + oneRecord, signal);
    return Buffer.isBuffer(bytes)
      ? this.#checked(bytes, checks, part, signal)
      : this.#checkedLater(bytes, checks, part, signal);
  }

  async #checkedLater(
    bytes: Promise<Buffer>,
    checks: Extents['checks'],
    part: Part,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    return this.#checked(await bytes, checks, part, signal);
  }

  #checked(
    bytes: Buffer,
    checks: Extents['checks'],
    { runs, span, wanted }: Part,
    signal: AbortSignal | undefined,
  ): Buffer | Promise<Buffer> {
    const held = { bytes, volumeId: span.volumeId, start: span.offset - oneRecord };
    const others = new SignalledVolumes(this.#volumes, signal);
    const pending = pendingOf(checks, runs, new HeldBytes(held, others));
    const content = bytes.subarray(oneRecord);
    if (pending === undefined) return closeGaps(content, runs, wanted);
    return joinedLater(content, pending, runs, wanted);
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

function beginsUnchecked(checks: Extents['checks'], run: Run): boolean {
  for (const one of checks) if (one.beginsUnchecked(run)) return true;
  return false;
}

/** The checks that must be waited for; undefined where there are none. */
function pendingOf(
  checks: Extents['checks'],
  runs: readonly Run[],
  volumes: VolumeBytes,
): Promise<void>[] | undefined {
  let pending: Promise<void>[] | undefined;
  for (const one of checks) {
    const checking = one.check(runs, volumes);
    if (checking === undefined) continue;
    pending ??= [];
    pending.push(checking);
  }
  return pending;
}

/** The bytes are moved together only after their headers were looked at, which lie between them. */
async function joinedLater(
  bytes: Buffer,
  pending: readonly Promise<void>[],
  runs: readonly Run[],
  wanted: number,
): Promise<Buffer> {
  await Promise.all(pending);
  return closeGaps(bytes, runs, wanted);
}

async function whenChecked(
  bytes: Buffer | Promise<Buffer>,
  pending: readonly Promise<void>[],
): Promise<Buffer> {
  const [read] = await Promise.all([bytes, ...pending]);
  return read;
}
