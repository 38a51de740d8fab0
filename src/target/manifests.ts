/** Reading manifests: the archive dir's copy or the stored one, parsed as the bytes come and never larger than a limit. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ManifestParser, stemOf } from '../archive/index.js';
import type { BackupSet, Manifest, StoredFile } from '../archive/index.js';
import { DuplifsError, eventLoopTurns } from '../base/index.js';
import { overCopies } from '../storage/index.js';
import type { Target } from './target.js';

/** A manifest larger than this is not one: about 100 bytes a volume and a line a changed file. */
const maxManifestBytes = 2 ** 31;

/** The stored manifest of a whole set. */
export function manifestFileOf(set: BackupSet): StoredFile {
  const [stored] = set.manifests;
  if (stored !== undefined) return stored;
  throw new DuplifsError('FILE_MISSING', `Set ${set.key} has no manifest`);
}

/** What the archive dir calls its copy of a stored manifest (docs/format/1-bytes.md 1.4). */
export function localManifestName(stored: Pick<StoredFile, 'name'>): string {
  return stemOf(stored.name);
}

/** Whose manifest it is, and what ends the reading. */
export interface ReadManifestOptions {
  readonly set: Pick<BackupSet, 'volumes'>;
  readonly signal?: AbortSignal | undefined;
  /** Keep the list of changed files, too. */
  readonly fileList?: boolean;
  /** Keep hashes of the paths of new and changed files. */
  readonly namedFiles?: boolean | undefined;
}

/** Reads a stored manifest, past the archive dir's copy. */
export async function readStoredManifest(
  target: Pick<Target, 'decodeMetadata'>,
  stored: StoredFile,
  options: ReadManifestOptions,
): Promise<Manifest> {
  return parseManifestStream(target.decodeMetadata(stored, options.signal), stored.name, options);
}

/** Reads a manifest in the archive dir, which lies there in the clear. */
export async function readLocalManifest(
  { archiveFolder }: Pick<Target, 'archiveFolder'>,
  name: string,
  options: ReadManifestOptions,
): Promise<Manifest> {
  return parseManifestStream(createReadStream(join(archiveFolder, name)), name, options);
}

/**
 * The most volumes that a manifest may name: all that the storage has, four times over, and a hundred thousand. What
 * names more of them tells mostly of files that are not there.
 */
function maxVolumesOf({ volumes }: Pick<BackupSet, 'volumes'>): number {
  return Math.min(1_000_000, 100_000 + 4 * volumes.size);
}

/**
 * The set's manifest: the archive dir's copy when `localNames` has it, else the stored one. Where several stored
 * names parse to it, the first that can be read is used (duplicity fails on them).
 *
 * @throws DuplifsError FILE_MISSING when the set has none, and what the last candidate failed with
 */
export async function readManifest(
  target: Target,
  set: BackupSet,
  localNames: ReadonlySet<string>,
  { signal, namedFiles }: Pick<ReadManifestOptions, 'signal' | 'namedFiles'> = {},
): Promise<Manifest> {
  const options = { set, signal, namedFiles };
  const candidates = set.manifests.toSorted((a, b) => a.name.length - b.name.length);
  if (candidates.length > 1) {
    target.report({
      level: 'warning',
      code: 'several-manifests',
      setKey: set.key,
      count: candidates.length,
    });
  }
  let failure: unknown = new DuplifsError('FILE_MISSING', `Set ${set.key} has no manifest`);
  for (const candidate of candidates) {
    const local = localManifestName(candidate);
    try {
      return localNames.has(local)
        ? await readLocalManifest(target, local, options)
        : await overCopies(target.storage, candidate.name, () =>
            readStoredManifest(target, candidate, options),
          );
    } catch (error) {
      signal?.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

/** What inflates to more than any manifest is refused and never held. The list of changed files is left out, unless it is asked for. */
async function parseManifestStream(
  chunks: AsyncIterable<unknown>,
  name: string,
  { set, signal, fileList = false, namedFiles = false }: ReadManifestOptions,
): Promise<Manifest> {
  const parser = new ManifestParser(name, { fileList, namedFiles, maxVolumes: maxVolumesOf(set) });
  const turn = eventLoopTurns();
  let length = 0;
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxManifestBytes) {
      throw new DuplifsError('DAMAGED', `"${name}" is too large for a manifest`);
    }
    parser.push(chunk);
    signal?.throwIfAborted();
    await turn();
  }
  const manifest = parser.end();
  if (manifest.volumes.length > 0) return manifest;
  throw new DuplifsError('DAMAGED', `"${name}" names no volume, as every manifest does`);
}
