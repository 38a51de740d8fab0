/**
 * The chain that an incremental continues: which sets, and their sigtars and newest manifest in the archive dir,
 * fetched where they are missing there as duplicity does (docs/format/1-bytes.md 1.4).
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ManifestParser, parseFileName, setKey } from '../../archive/index.js';
import type {
  BackupSet,
  Collection,
  Manifest,
  NamePrefixes,
  StoredFile,
} from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import type { Storage } from '../../storage/index.js';
import { decodeFile } from '../../volume/index.js';
import type { DecodeOptions } from '../../volume/index.js';
import type { SetEntries } from './merge-sets.js';
import { sigtarEntries } from './sigtar-entries.js';

export interface ChainBase {
  /** The set that the next incremental builds on. */
  readonly base: BackupSet;
  readonly fullSeconds: number;
  /** The sigtars of the chain up to the base, oldest first. */
  readonly signatures: readonly BaseSignatures[];
  /** The base's manifest. */
  readonly manifest: Manifest;
  /** Whether it is the copy that the archive dir had, and not the stored one. */
  readonly isLocalManifest: boolean;
}

export interface BaseSignatures {
  readonly setSeconds: number;
  /** Its name in the archive dir. */
  readonly name: string;
  /** Where it is only on the storage (`--dry-run`). */
  readonly stored?: StoredFile | undefined;
}

export interface BaseSources {
  readonly storage: Storage;
  readonly archiveFolder: string;
  readonly prefixes: NamePrefixes;
  /** Names in the archive dir. */
  readonly localNames: readonly string[];
  readonly decode: DecodeOptions;
  /** Fetch nothing to the archive dir. */
  readonly dryRun: boolean;
  readonly notice: (message: string) => void;
}

/** Undefined when the collection has nothing that could be continued. */
export async function openBase(
  { primary }: Collection,
  sources: BaseSources,
): Promise<ChainBase | undefined> {
  if (primary?.base === undefined) return undefined;
  const { base, chain } = primary;
  const local = new Set(sources.localNames);
  const signatures: BaseSignatures[] = [];
  for (const file of primary.signatures.files) {
    const setSeconds = file.times.endSeconds;
    if (setSeconds > base.times.endSeconds) continue;
    const name = `${stemOf(file.name)}.gz`;
    const isMissing = !local.has(name);
    if (isMissing && !sources.dryRun) await fetchFile(file, name, sources);
    signatures.push({ setSeconds, name, stored: isMissing && sources.dryRun ? file : undefined });
  }
  const stored = manifestOf(base);
  const name = stemOf(stored.name);
  const isLocalManifest = local.has(name);
  const isFetched = !isLocalManifest && !sources.dryRun;
  if (isFetched) await fetchFile(stored, name, sources);
  const manifest =
    isLocalManifest || isFetched
      ? await parseFrom(name, createReadStream(join(sources.archiveFolder, name)))
      : await readStoredManifest(stored, sources);
  return { base, fullSeconds: chain.startSeconds, signatures, manifest, isLocalManifest };
}

/** The stored manifest of a whole set. */
export function manifestOf(set: BackupSet): StoredFile {
  const [stored] = set.manifests;
  if (stored !== undefined) return stored;
  throw new DuplifsError('FILE_MISSING', `Set ${set.key} has no manifest`);
}

/** Reads a stored manifest, past the archive dir's copy. */
export async function readStoredManifest(
  stored: StoredFile,
  { storage, decode }: Pick<BaseSources, 'storage' | 'decode'>,
): Promise<Manifest> {
  return parseFrom(stored.name, decodeFile(storage, stored, { ...decode, signKey: undefined }));
}

/** Read in one go: a chain has few sets, and each read is a way to libuv's pool and back. */
const readBytes = 512 * 1024;

/** The entries of each set of the chain, for mergeSets. */
export function setEntriesOf({ signatures }: ChainBase, sources: BaseSources): SetEntries[] {
  return signatures.map(({ setSeconds, name, stored }) => {
    const path = join(sources.archiveFolder, name);
    const reader = { read: () => createReadStream(path, { highWaterMark: readBytes }) };
    const decode = { ...sources.decode, signKey: undefined };
    const plaintext =
      stored === undefined
        ? decodeFile(reader, { name, container: 'gz' }, decode)
        : decodeFile(sources.storage, stored, decode);
    return sigtarEntries(name, setSeconds, plaintext);
  });
}

/** Names of the archive dir that belong to sets which are complete on the storage. */
export function settledNames(
  localNames: readonly string[],
  storedNames: readonly string[],
  prefixes: NamePrefixes,
): string[] {
  const complete = new Set<string>();
  for (const name of storedNames) {
    const file = parseFileName(name, { prefixes });
    if (file?.kind === 'manifest' && !file.partial) complete.add(setKey(file.times));
  }
  return localNames.filter((name) => {
    const file = parseFileName(name, { prefixes });
    return file !== undefined && !file.partial && complete.has(setKey(file.times));
  });
}

/** What is being fetched; one name for all, so that what a killed run leaves is written over. */
export const fetchingName = 'duplifs-fetching.tmp';

/** Under a local name that ends in `.gz` it is packed. */
async function fetchFile(
  file: StoredFile,
  localName: string,
  { storage, archiveFolder, decode, notice }: BaseSources,
): Promise<void> {
  notice(`Copying ${file.name} to local cache.`);
  const temporary = join(archiveFolder, fetchingName);
  try {
    await pipeline(
      decodeFile(storage, file, { ...decode, signKey: undefined }),
      localName.endsWith('.gz') ? createGzip() : new PassThrough(),
      createWriteStream(temporary, { mode: 0o600 }),
    );
    await rename(temporary, join(archiveFolder, localName));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The file list is left out: it is as long as the set has changed files. */
async function parseFrom(name: string, text: AsyncIterable<unknown>): Promise<Manifest> {
  const parser = new ManifestParser(name, { fileList: false });
  for await (const chunk of text) parser.push(chunk as Buffer);
  return parser.end();
}

/** A name without what tells how the file is packed. */
function stemOf(name: string): string {
  return name.replace(/\.(gpg|g|gz|z)$/, '');
}
