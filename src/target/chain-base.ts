/**
 * The chain that an incremental continues: which sets, and their sigtars and newest manifest in the archive dir,
 * fetched where they are missing there as duplicity does (docs/format/1-bytes.md 1.4).
 */
import { setKey } from '../archive/index.js';
import type { BackupSet, Collection, Manifest, StoredFile } from '../archive/index.js';
import { fetchLocalCopy, localSignaturesName } from './local-copies.js';
import type { LocalCopyOptions } from './local-copies.js';
import {
  localManifestName,
  manifestFileOf,
  readLocalManifest,
  readStoredManifest,
} from './manifests.js';
import { checkSignaturesDigest, readBinding } from './protection/set-binding.js';
import type { Target } from './target.js';

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
  /** Where it is only on the storage, for nothing was to be fetched. */
  readonly stored?: StoredFile | undefined;
}

export interface OpenBaseOptions {
  /** Names in the archive dir. */
  readonly localNames: ReadonlySet<string>;
  /** Whether what the archive dir lacks is fetched into it. */
  readonly fetches: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined when the collection has nothing that could be continued. */
export async function openBase(
  target: Target,
  { primary }: Collection,
  { localNames, fetches, signal }: OpenBaseOptions,
): Promise<ChainBase | undefined> {
  if (primary?.base === undefined) return undefined;
  const { base, chain } = primary;
  const signatures: BaseSignatures[] = [];
  for (const file of primary.signatures.files) {
    const setSeconds = file.times.endSeconds;
    if (setSeconds > base.times.endSeconds) continue;
    const name = localSignaturesName(file);
    const isMissing = !localNames.has(name);
    if (isMissing && fetches) await fetchSignatures(target, chain.sets, file, { name, signal });
    signatures.push({ setSeconds, name, stored: isMissing && !fetches ? file : undefined });
  }
  const stored = manifestFileOf(base);
  const name = localManifestName(stored);
  const isLocalManifest = localNames.has(name);
  if (!isLocalManifest && fetches) await fetchLocalCopy(target, stored, { name, signal });
  const manifest =
    isLocalManifest || fetches
      ? await readLocalManifest(target, name, { set: base, signal })
      : await readStoredManifest(target, stored, { set: base, signal });
  return { base, fullSeconds: chain.startSeconds, signatures, manifest, isLocalManifest };
}

/** Only the sigtar that the set was written with is what the next set may be compared with. */
async function fetchSignatures(
  target: Target,
  sets: readonly BackupSet[],
  file: StoredFile,
  copy: LocalCopyOptions,
): Promise<void> {
  const set = sets.find(({ key }) => key === setKey(file.times));
  const binding = set && (await readBinding(target, set, copy.signal));
  // one that was added later says nothing of the others
  const chainHasIndexes = sets.some(({ index }) => index.some(({ kind }) => kind === 'index'));
  if (set?.index.length === 0 && chainHasIndexes) {
    target.report({ level: 'warning', code: 'index-missing', setKey: set.key });
  }
  const check = (sha256: Buffer): void => {
    checkSignaturesDigest(file.name, sha256, binding);
  };
  await fetchLocalCopy(target, file, { ...copy, check });
}

/** Read in one go, for each read is a way to libuv's pool and back; all sets of a chain are read at the same time. */
const readBytes = 512 * 1024;
const leastReadBytes = 64 * 1024;
const readBytesOfAll = 8 << 20;

/**
 * The plaintext of one of the base's sigtars, from where it is.
 * @param count how many are read at the same time
 */
export function decodeBaseSignatures(
  target: Target,
  { name, stored }: BaseSignatures,
  count: number,
): AsyncGenerator<Buffer> {
  if (stored !== undefined) return target.decodeMetadata(stored);
  const share = Math.max(leastReadBytes, Math.floor(readBytesOfAll / count));
  return target.decodeLocalSignatures(name, Math.min(readBytes, share));
}
