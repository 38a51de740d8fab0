/**
 * A file version as extents: runs of its bytes, in order, each lying in one volume's plaintext. A large file has very
 * many (a run of pieces for each volume, or one for each command of a delta), so they are kept packed.
 */
import { PackedReader } from './packed-extents.js';
import type { Extent, Packed } from './packed-extents.js';
import type { PlaceChecks } from './place-checks.js';
import type { Run } from './run.js';

const emptyPacked: Packed = {
  segments: [],
  starts: new Float64Array(),
  places: new Float64Array(),
  groups: 0,
  count: 0,
  length: 0,
  volumeIds: new Set(),
};

export class Extents {
  /** What is to be checked before bytes of an extent are served; none where the volumes themselves gave the places. */
  readonly checks: readonly PlaceChecks[];
  /** How many there are. */
  readonly count: number;
  /** Bytes in the file. */
  readonly length: number;
  readonly #only: Extent | undefined;
  readonly #packed: Packed;
  /** The group in which the last look ended: the next one mostly goes on there. */
  #lastGroup = 0;

  /** Of a file that lies in one run, as most do, or of packed extents. */
  constructor(parts: Extent | Packed, checks: readonly PlaceChecks[] = []) {
    this.checks = checks;
    const only = 'volumeId' in parts ? parts : undefined;
    this.#only = only;
    this.#packed = 'volumeId' in parts ? emptyPacked : parts;
    this.count = only === undefined ? this.#packed.count : 1;
    this.length = only === undefined ? this.#packed.length : only.length * only.count;
  }

  /** The ids of the volumes that hold the bytes. */
  get volumeIds(): ReadonlySet<number> {
    return this.#only === undefined ? this.#packed.volumeIds : new Set([this.#only.volumeId]);
  }

  /** The bytes of memory that they take, about. */
  get heldBytes(): number {
    const { segments, groups } = this.#packed;
    const packed = segments.reduce((sum, { length }) => sum + length, groups * 16);
    return this.checks.reduce((sum, { heldBytes }) => sum + heldBytes, packed);
  }

  /**
   * Calls `visit` for each run of [offset, offset + length), which must lie in the file, in order, until it returns
   * false.
   */
  slice(offset: number, length: number, visit: (extent: Extent) => boolean | undefined): void {
    if (length <= 0) return;
    const end = offset + length;
    if (this.#only !== undefined) {
      visitPart(this.#only, offset, end, visit);
      return;
    }
    const group = this.#groupAt(offset);
    const reader = new PackedReader(this.#packed, group);
    for (let start = this.#packed.starts[group] ?? 0; start < end && reader.next();) {
      const total = reader.length * reader.count;
      if (start + total > offset) {
        const goesOn =
          offset <= start && start + total <= end
            ? visit(reader.extent())
            : visitPart(reader.extent(), offset - start, end - start, visit);
        if (goesOn === false) break;
      }
      start += total;
    }
    this.#lastGroup = reader.group;
  }

  /** The bytes [offset, offset + length), which must lie in the file, if it is one piece, as most are. */
  runWithin(offset: number, length: number): Run | undefined {
    const only = this.#only;
    if (only?.count !== 1) return undefined;
    return { volumeId: only.volumeId, offset: only.offset + offset, length };
  }

  #groupAt(offset: number): number {
    const { starts, groups } = this.#packed;
    const last = this.#lastGroup;
    if ((starts[last] ?? 0) <= offset && (last + 1 >= groups || offset < (starts[last + 1] ?? 0))) {
      return last;
    }
    let low = 0;
    let high = groups - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Visits the bytes [from, to) of an extent, which may begin before it and go on behind. */
function visitPart(
  extent: Extent,
  from: number,
  to: number,
  visit: (extent: Extent) => boolean | undefined,
): boolean | undefined {
  const { volumeId, offset, length, count, stride } = extent;
  const start = Math.max(from, 0);
  const end = Math.min(to, length * count);
  const first = Math.floor(start / length);
  const last = Math.ceil(end / length) - 1;
  const single = (piece: number, skipped: number, stop: number): boolean | undefined =>
    visit({
      volumeId,
      offset: offset + piece * stride + skipped,
      length: stop - skipped,
      count: 1,
      stride: 0,
    });
  const skipped = start - first * length;
  const stop = end - last * length;
  if (first === last) return single(first, skipped, stop);
  if (skipped > 0 && single(first, skipped, length) === false) return false;
  const whole = skipped > 0 ? first + 1 : first;
  const wholeEnd = stop < length ? last : last + 1;
  if (wholeEnd > whole) {
    const pieces = wholeEnd - whole;
    const at = offset + whole * stride;
    const run = { volumeId, offset: at, length, count: pieces, stride: pieces > 1 ? stride : 0 };
    if (visit(run) === false) return false;
  }
  return stop < length ? single(last, 0, stop) : undefined;
}
