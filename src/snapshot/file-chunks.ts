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
 *
 * @example
 * ```js
 * import { fileChunks, openRepository } from 'duplifs';
 *
 * const repository = await openRepository({
 *   storage: process.env.BACKUP_URL,
 *   keys: { passphrases: [process.env.PASSPHRASE] },
 * });
 * const snapshot = repository.at(Date.now() / 1000);
 * await snapshot.load();
 * const entry = snapshot.resolve('notes/today.txt');
 * const size = await snapshot.size(entry);
 * let length = 0;
 * for await (const chunk of fileChunks(snapshot, { ...entry, size })) length += chunk.length;
 * console.log(length === size); // prints true
 * await repository.close();
 * ```
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
    if (chunk.length === 0) throw tooShort();
    check?.update(chunk);
    yield chunk;
    at += chunk.length;
  }
  check?.end();
}

/**
 * All bytes of a regular file that is read at once, as most are, verified: at once where the volumes that hold them were
 * decoded. Undefined for a larger file, or one that is to be held against its signature: fileChunks gives these.
 *
 * @throws DuplifsError for whatever keeps bytes from being had
 */
export function readSmallFile(
  snapshot: Snapshot,
  entry: SnapshotEntry & { readonly size: number },
  signal?: AbortSignal,
): Buffer | Promise<Buffer> | undefined {
  const { size } = entry;
  if (entry.kind === 'diff' || size > chunkLength) return undefined;
  if (size === 0) return Buffer.alloc(0);
  const bytes = snapshot.read(entry, 0, size, signal);
  return Buffer.isBuffer(bytes) ? whole(bytes, size) : bytes.then((read) => whole(read, size));
}

function whole(bytes: Buffer, size: number): Buffer {
  if (bytes.length !== size) throw tooShort();
  return bytes;
}

function tooShort(): DuplifsError {
  return new DuplifsError('DAMAGED', 'The file is shorter than its size');
}
