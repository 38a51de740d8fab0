/**
 * The tree as of a chain's last set: all its sigtars merged in the order of paths, the newest entry of each path
 * counting (docs/format/1-bytes.md 5). Every sigtar is read once, from its start to its end.
 */
import { BatchCursor, comparePaths } from '../base/index.js';
import { withSignature } from './sigtar-entries.js';
import type { PreviousEntry, SignedEntry } from './sigtar-entries.js';

/** One set's entries, in batches. */
export type SetEntries = AsyncIterable<readonly SignedEntry[]>;

const entriesPerBatch = 512;
const bytesPerBatch = 4 << 20;

/** `sets` are a chain's, oldest first. */
export async function* mergeSets(sets: readonly SetEntries[]): AsyncGenerator<PreviousEntry[]> {
  let cursors = sets.map((set) => new BatchCursor(set)).reverse(); // newest first
  try {
    for (const cursor of cursors) await cursor.refill();
    cursors = cursors.filter(({ item }) => item !== undefined);
    let merged: PreviousEntry[] = [];
    let bytes = 0;
    while (cursors.length > 0) {
      const entry = firstOf(cursors).item;
      if (entry === undefined) break;
      if (entry.kind !== 'deleted') {
        // only the newest set's signature is read
        merged.push('signature' in entry ? entry : await withSignature(entry));
        bytes += entry.signatureLength;
      }
      for (const cursor of cursors) {
        if (cursor.item?.path !== entry.path) continue;
        cursor.step();
        if (!cursor.isDry || (await cursor.refill())) continue;
        cursors = cursors.filter((other) => other !== cursor);
      }
      if (merged.length < entriesPerBatch && bytes < bytesPerBatch) continue;
      yield merged;
      merged = [];
      bytes = 0;
    }
    yield merged;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** The cursor with the least path, the newest set's of several. */
function firstOf(cursors: readonly BatchCursor<SignedEntry>[]): BatchCursor<SignedEntry> {
  let [first] = cursors as [BatchCursor<SignedEntry>];
  for (const cursor of cursors) {
    if (cursor === first) continue;
    if (comparePaths(cursor.item?.path ?? '', first.item?.path ?? '') < 0) first = cursor;
  }
  return first;
}
