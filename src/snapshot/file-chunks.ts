import { DuplifsError } from '../base/index.js';
import type { SnapshotEntry } from './entry.js';
import type { Snapshot } from './snapshot.js';

/** One read: what the kernel, the cache and the disk all take well. */
const chunkLength = 1 << 20;

/**
 * All bytes of a regular file, in order, each verified before it is given. A file that is rebuilt from a change is held
 * against what its set says of the whole once its last byte was given; who must not have taken it before waits for the end.
 *
 * @throws DuplifsError for whatever keeps bytes from being had; at the latest when the end is asked for
 */
export async function* fileChunks(
  snapshot: Snapshot,
  entry: SnapshotEntry & { readonly size: number },
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const { size } = entry;
  const check = entry.kind === 'diff' ? await snapshot.rebuiltCheck(entry) : undefined;
  for (let at = 0; at < size;) {
    const chunk = await snapshot.read(entry, at, Math.min(chunkLength, size - at), signal);
    if (chunk.length === 0) throw new DuplifsError('DAMAGED', 'The file is shorter than its size');
    check?.update(chunk);
    yield chunk;
    at += chunk.length;
  }
  check?.end();
}
