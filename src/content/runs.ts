/**
 * The runs of one read. duplicity cuts large files into pieces of 64 KiB with a tar header before each:
 * reading over the headers and taking them out is cheaper than reading sixteen pieces.
 */
import type { Extents } from './extents.js';
import type { Run } from './run.js';

/** Bytes between two runs that are read along: a tar header, with what it carries of a long name. */
const maxGap = 4096;
/** The runs that are looked at together: a megabyte of pieces has sixteen. */
const maxRuns = 4096;

/**
 * The runs of [offset, offset + length) of a file, in order, but of not more than some thousand runs: as many bytes as
 * they have are to be read at once.
 */
export function runsOf(extents: Extents, offset: number, length: number): Run[] {
  const only = extents.runWithin(offset, length);
  if (only !== undefined) return [only];
  const runs: Run[] = [];
  extents.slice(offset, length, (extent) => {
    const { volumeId, count, stride } = extent;
    for (let piece = 0; piece < count && runs.length < maxRuns; piece += 1) {
      runs.push({ volumeId, offset: extent.offset + piece * stride, length: extent.length });
    }
    return runs.length < maxRuns;
  });
  return runs;
}

/** One run that covers them all, if they follow each other closely in one volume and are most of it. */
export function spanOf(runs: readonly Run[]): Run | undefined {
  const [first] = runs;
  if (first === undefined) return undefined;
  let end = first.offset;
  let wanted = 0;
  for (const { volumeId, offset, length } of runs) {
    if (volumeId !== first.volumeId || offset < end || offset > end + maxGap) return undefined;
    end = offset + length;
    wanted += length;
  }
  if (end - first.offset > 2 * wanted + 2 * maxGap) return undefined;
  return { volumeId: first.volumeId, offset: first.offset, length: end - first.offset };
}

/** Moves the runs in the bytes of their span together; the bytes must belong to the caller. */
export function closeGaps(bytes: Buffer, runs: readonly Run[], length: number): Buffer {
  const start = runs[0]?.offset ?? 0;
  let to = 0;
  for (const run of runs) {
    const from = run.offset - start;
    if (from !== to) bytes.copyWithin(to, from, from + run.length);
    to += run.length;
  }
  return bytes.subarray(0, length);
}
