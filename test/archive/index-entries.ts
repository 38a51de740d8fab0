import fc from 'fast-check';
import { appendPiece } from '../../src/archive/index.js';
import type { IndexEntry, PieceRun } from '../../src/archive/index.js';
import { metadata, path } from './arbitraries.js';

/** Pieces of files as they follow each other in volumes 1 to 3, with the runs that they make. */
const runs: fc.Arbitrary<PieceRun[]> = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.constantFrom(1, 1, 1, 2, 40),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => {
    const list: PieceRun[] = [];
    const ends = [0, 0, 0, 0];
    for (const [volume, length, count] of parts.sort(([a], [b]) => a - b)) {
      for (let i = 0; i < count; i += 1) {
        const offset = Math.ceil((ends[volume] ?? 0) / 512) * 512 + 512;
        appendPiece(list, { volume, offset, length });
        ends[volume] = offset + length;
      }
    }
    return list;
  });
const total = (list: readonly PieceRun[]): number =>
  list.reduce((sum, run) => sum + run.length * run.count, 0);
/** Entries of an index, and deletions. */
export const indexEntry: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record({ kind: fc.constant('deleted' as const), path }),
  fc
    .record({
      entry: metadata,
      runs,
      isDiff: fc.boolean(),
      size: fc.maxSafeNat(),
      old: fc.boolean(),
    })
    .map(({ entry, runs, isDiff, size, old }): IndexEntry => {
      const mtimeSeconds = old && entry.mtimeSeconds > 0 ? -entry.mtimeSeconds : entry.mtimeSeconds;
      const common = { ...entry, mtimeSeconds };
      if (entry.type !== 'reg') return { ...common, kind: 'snapshot', size: 0, runs: [] };
      // one COPY of 3 bytes, where there is anything that could be one
      if (isDiff && old && runs.length > 0)
        return { ...common, kind: 'diff', size: 3, runs, deltaMap: Buffer.of(6, 0) };
      if (isDiff) return { ...common, kind: 'diff', size, runs };
      return { ...common, kind: 'snapshot', size: total(runs), runs };
    }),
);
