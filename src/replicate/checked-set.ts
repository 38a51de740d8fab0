/** A set of the source whose manifest and index were read and found right: what it says is what is copied. */
import { createHash } from 'node:crypto';
import { volumesDigest } from '../archive/index.js';
import type { BackupSet, IndexBinding, Manifest, StoredFile } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import {
  describeFaults,
  manifestFaults,
  manifestFileOf,
  readBinding,
  readStoredManifest,
} from '../target/index.js';
import type { Target, TargetListing } from '../target/index.js';
import { decodeFile } from '../volume/index.js';

export interface CheckedSet {
  readonly set: BackupSet;
  readonly manifest: Manifest;
  readonly binding: IndexBinding | undefined;
}

/**
 * Reads the stored manifest, with the signature that is demanded, and what the index binds the set to.
 * @throws DuplifsError FILE_MISSING, DAMAGED, SIGNATURE, KEY
 */
export async function checkSet(
  from: Target,
  set: BackupSet,
  {
    base,
    listing,
    signal,
  }: { base: CheckedSet | undefined; listing: TargetListing; signal: AbortSignal },
): Promise<CheckedSet> {
  const manifest = await readStoredManifest(from, manifestFileOf(set), { set, signal });
  const hasBytes = ({ name }: StoredFile): boolean => !listing.isEmpty(name);
  const faults = manifestFaults(set, manifest, hasBytes);
  if (faults.length > 0) {
    throw new DuplifsError('FILE_MISSING', `Of set ${set.key} ${describeFaults(faults)}`);
  }
  const binding = await readBinding(from, set, signal);
  const bound = binding?.base;
  if (base !== undefined && bound !== undefined) {
    const isSame =
      bound.setKey === base.set.key &&
      bound.volumesDigest.equals(volumesDigest(base.manifest.volumes));
    if (!isSame) {
      throw new DuplifsError(
        'DAMAGED',
        `Set ${set.key} was made on another set than the one that is stored as ${base.set.key}`,
        { hint: 'Files of one of them were exchanged; an older set may be sound' },
      );
    }
  }
  return { set, manifest, binding };
}

/** The volume's file that the manifest means, where several names stand for one number the one that was named last. */
export function volumeFile({ volumes, key }: BackupSet, number: number): StoredFile {
  const file = volumes.get(number)?.at(-1);
  if (file !== undefined) return file;
  throw new DuplifsError('FILE_MISSING', `Volume ${number} of set ${key} is missing`);
}

/** What is proven of a file that is no volume: its stored bytes, and what they decode to. */
export interface ProvenFile {
  /** SHA-256 of the file as it is stored. */
  readonly stored: Buffer;
  /** SHA-256 of its plaintext. */
  readonly plaintext: Buffer;
}

/** Decodes a manifest, sigtar or index to its end, as whoever reads the backup does. */
export async function proveFile(
  from: Target,
  file: StoredFile,
  signal: AbortSignal,
): Promise<ProvenFile> {
  const stored = createHash('sha256');
  const plaintext = createHash('sha256');
  const signKey = from.signKeyFor(file.times);
  const reader = {
    read: async function* (name: string) {
      for await (const chunk of from.storage.read(name, undefined, signal)) {
        stored.update(chunk);
        yield chunk;
      }
    },
  };
  for await (const chunk of decodeFile(reader, file, { ...from.decode, signKey, signal })) {
    plaintext.update(chunk);
  }
  from.trust.noteOpened(file, signKey);
  return { stored: stored.digest(), plaintext: plaintext.digest() };
}
