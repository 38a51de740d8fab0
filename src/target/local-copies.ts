/** The archive dir's copies of manifests and sigtars, fetched where they are missing (docs/format/1-bytes.md 1.4). */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { stemOf } from '../archive/index.js';
import type { StoredFile } from '../archive/index.js';
import type { Target } from './target.js';

/** What is being fetched; one name for all, so that what a killed run leaves is written over. */
const fetchingName = 'duplifs-fetching.tmp';

/** What the archive dir calls its copy of a stored sigtar: always gzipped. */
export function localSignaturesName(stored: Pick<StoredFile, 'name'>): string {
  return `${stemOf(stored.name)}.gz`;
}

export interface LocalCopyOptions {
  /** What the copy is called; under a name that ends in `.gz` it is packed. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  /** Is given the SHA-256 of the plaintext, and throws where that is not what it must be. */
  readonly check?: (sha256: Buffer) => void;
}

/** Fetches a stored file into the archive dir, whole or not at all. */
export async function fetchLocalCopy(
  target: Target,
  file: StoredFile,
  { name: localName, signal, check = () => undefined }: LocalCopyOptions,
): Promise<void> {
  signal?.throwIfAborted();
  target.report({ level: 'notice', code: 'fetching-local-copy', name: file.name });
  const temporary = join(target.archiveFolder, fetchingName);
  const digest = createHash('sha256');
  try {
    await pipeline(
      target.decodeMetadata(file, signal, target.signsWith),
      watching(digest),
      localName.endsWith('.gz') ? createGzip() : new PassThrough(),
      createWriteStream(temporary, { mode: 0o600 }),
    );
    check(digest.digest());
    await rename(temporary, join(target.archiveFolder, localName));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Passes chunks on, and through the digest. */
function watching(digest: Hash) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      digest.update(chunk);
      yield chunk;
    }
  };
}

/** Removes what a run that was killed while it fetched has left. */
export async function removeUnfinishedCopy(archiveFolder: string): Promise<void> {
  await rm(join(archiveFolder, fetchingName), { force: true });
}
