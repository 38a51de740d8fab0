/**
 * The order in which the files of a set come and go. The manifest comes last and goes first: whoever lists a manifest
 * finds what it names, and an interruption on either way leaves nothing that looks whole and is not.
 */
import type { FileKind, StoredFile } from '../archive/index.js';
import type { Storage } from '../storage/index.js';

/** Puts what completes a set: `parts` may come side by side, the manifest only when all of them are there. */
export interface PutOrder {
  /** Volumes, index and sigtar on their way. */
  readonly parts: readonly Promise<void>[];
  /** Fails when the set must not be completed. */
  readonly beforeManifest: () => Promise<void>;
  readonly putManifest: () => Promise<void>;
}

/** Waits until all parts have ended, fails with what the first of them failed with, and puts the manifest last. */
export async function putInOrder({ parts, beforeManifest, putManifest }: PutOrder): Promise<void> {
  await Promise.allSettled(parts);
  await Promise.all(parts);
  await beforeManifest();
  await putManifest();
}

/** One step of a removal each; files of one step may go side by side. */
const removalSteps: readonly (readonly FileKind[])[] = [
  ['manifest'],
  ['index', 'added-index'],
  ['signatures'],
  ['volume', 'statistics'],
];

/** The names of a set's files in the order in which they are removed: a list for each step. */
export function removalOrder(
  files: readonly Pick<StoredFile, 'kind' | 'name'>[],
): readonly (readonly string[])[] {
  return removalSteps
    .map((kinds) => files.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name))
    .filter((names) => names.length > 0);
}

/** Removes the files of one set, its manifest first. */
export async function removeSetFiles(
  storage: Pick<Storage, 'remove'>,
  files: readonly Pick<StoredFile, 'kind' | 'name'>[],
  signal?: AbortSignal,
): Promise<void> {
  for (const names of removalOrder(files)) await storage.remove(names, signal);
}
