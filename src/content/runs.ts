/**
 * The runs of one read. duplicity cuts large files into pieces of 64 KiB with a tar header before each:
 * reading over the headers and taking them out is cheaper than reading sixteen pieces.
 */
import type { Extents } from './extents.js';

export interface Run {
  readonly volumeId: number;
  /** In the volume's plaintext. */
  readonly offset: number;
  readonly length: number;
}

/** Bytes between two runs that are read along: a tar header, with what it carries of a long name. */
const maxGap = 4096;

/** The runs of [offset, offset + length) of a file, in order. */
export function runsOf(extents: Extents, offset: number, length: number): Run[] {
  const runs: Run[] = [];
  extents.slice(offset, length, (volumeId, at, run) => {
    runs.push({ volumeId, offset: at, length: run });
  });
  return runs;
}

/** One run that covers them all, if they follow each other closely in one volume. */
export function spanOf(runs: readonly Run[]): Run | undefined {
  const [first] = runs;
  if (first === undefined) return undefined;
  let end = first.offset;
  for (const { volumeId, offset, length } of runs) {
    if (volumeId !== first.volumeId || offset < end || offset > end + maxGap) return undefined;
    end = offset + length;
  }
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
