import { DuplifsError } from '../base/index.js';
import type { Snapshot, SnapshotEntry } from '../snapshot/index.js';

/** A regular file of one tree. */
export interface FileOfTree {
  readonly snapshot: Snapshot;
  readonly entry: SnapshotEntry;
}

const chunkBytes = 1 << 20;

/** Whether two files hold the same bytes; no more of them are read than it takes to know. */
export async function haveSameBytes(
  one: FileOfTree,
  other: FileOfTree,
  signal: AbortSignal,
): Promise<boolean> {
  const size = await one.snapshot.size(one.entry, signal);
  if (size !== (await other.snapshot.size(other.entry, signal))) return false;
  for (let at = 0; at < size;) {
    const length = Math.min(chunkBytes, size - at);
    const [a, b] = await Promise.all([
      one.snapshot.read(one.entry, at, length, signal),
      other.snapshot.read(other.entry, at, length, signal),
    ]);
    if (a.length === 0 || a.length !== b.length) {
      throw new DuplifsError('DAMAGED', 'The file is shorter than its size');
    }
    if (!a.equals(b)) return false;
    at += a.length;
  }
  return true;
}
