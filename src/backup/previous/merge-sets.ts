/**
 * The tree as of a chain's last set: all its sigtars merged in the order of paths, the newest entry of each path
 * counting (docs/format/1-bytes.md 5). Every sigtar is read once, from its start to its end.
 */
import { comparePaths } from '../../base/index.js';
import type { PreviousEntry, SignedEntry } from './sigtar-entries.js';

/** One set's entries, in batches. */
export type SetEntries = AsyncIterable<readonly SignedEntry[]>;

/** Walks through one set's entries. */
class Cursor {
  readonly #batches: AsyncIterator<readonly SignedEntry[]>;
  #batch: readonly SignedEntry[] = [];
  #position = 0;

  constructor(entries: SetEntries) {
    this.#batches = entries[Symbol.asyncIterator]();
  }

  get entry(): SignedEntry | undefined {
    return this.#batch[this.#position];
  }

  /** Whether the next entry is at hand without waiting. */
  step(): boolean {
    this.#position += 1;
    return this.#position < this.#batch.length;
  }

  /** Gets more; false at the end. */
  async refill(): Promise<boolean> {
    while (this.#position >= this.#batch.length) {
      const next = await this.#batches.next();
      if (next.done === true) return false;
      this.#batch = next.value;
      this.#position = 0;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}

const entriesPerBatch = 512;

/** `sets` are a chain's, oldest first. */
export async function* mergeSets(sets: readonly SetEntries[]): AsyncGenerator<PreviousEntry[]> {
  let cursors = sets.map((set) => new Cursor(set)).reverse(); // newest first
  try {
    for (const cursor of cursors) await cursor.refill();
    cursors = cursors.filter(({ entry }) => entry !== undefined);
    let merged: PreviousEntry[] = [];
    while (cursors.length > 0) {
      const { entry } = firstOf(cursors);
      if (entry === undefined) break;
      if (entry.kind !== 'deleted') merged.push(entry);
      for (const cursor of cursors) {
        if (cursor.entry?.path !== entry.path || cursor.step()) continue;
        if (!(await cursor.refill())) cursors = cursors.filter((other) => other !== cursor);
      }
      if (merged.length < entriesPerBatch) continue;
      yield merged;
      merged = [];
    }
    yield merged;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** The cursor with the least path, the newest set's of several. */
function firstOf(cursors: readonly Cursor[]): Cursor {
  let [first] = cursors as [Cursor];
  for (const cursor of cursors) {
    if (cursor === first) continue;
    if (comparePaths(cursor.entry?.path ?? '', first.entry?.path ?? '') < 0) first = cursor;
  }
  return first;
}
