/** Copies the files of a set as they are, its manifest last. */
import { setKey } from '../archive/index.js';
import type { StoredFile } from '../archive/index.js';
import {
  checkSignaturesDigest,
  manifestFileOf,
  putInOrder,
  removeSetFiles,
} from '../target/index.js';
import type { Target, TargetListing, TargetLock } from '../target/index.js';
import { proveFile, volumeFile } from './checked-set.js';
import type { CheckedSet } from './checked-set.js';
import { copyFile, hasFile } from './copy-file.js';
import type { ExpectedHash } from './copy-file.js';
import { inParallel } from './in-parallel.js';

export interface CopyRun {
  readonly from: Target;
  readonly to: Target;
  /** What the source has. */
  readonly listing: TargetListing;
  /** What the replica had when its lock was taken. */
  readonly replica: TargetListing;
  readonly lock: Pick<TargetLock, 'checkHeld'>;
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Is told of bytes that have arrived. */
  readonly onBytes: (bytes: number) => void;
}

export interface PutFiles {
  readonly files: number;
  readonly bytes: number;
}

/** What an earlier run has put and is right stays; all else is put. */
export async function copySet(run: CopyRun, checked: CheckedSet): Promise<PutFiles> {
  const { from, to, lock, jobs } = run;
  const { set, manifest } = checked;
  const manifestFile = manifestFileOf(set);
  // a replica that is whole stays so where the source turns out to be damaged
  const proven = await proveAll(run, checked);
  await forgetManifest(run, set.key);
  const put = { files: 0, bytes: 0 };
  const names = new Set([manifestFile.name]);
  const copy = async (file: StoredFile, expected: ExpectedHash | undefined): Promise<void> => {
    const bytes = await copyOne(run, file, expected);
    put.files += bytes === undefined ? 0 : 1;
    put.bytes += bytes ?? 0;
  };
  const tasks = manifest.volumes.map(({ number, hash }) => {
    const file = volumeFile(set, number);
    names.add(file.name);
    const algorithm = hash?.algorithm === 'MD5' ? 'md5' : 'sha1';
    return () => copy(file, hash && { algorithm, hex: hash.hex });
  });
  for (const file of [...set.index, ...set.signatures]) {
    names.add(file.name);
    tasks.push(() => copy(file, proven.get(file.name)));
  }
  for (const file of set.statistics) {
    names.add(file.name);
    tasks.push(() => copy(file, undefined));
  }
  await putInOrder({
    parts: [inParallel(tasks, jobs)],
    beforeManifest: async () => {
      await removeSurplus(run, set.key, names);
      await lock.checkHeld();
    },
    putManifest: () => copy(manifestFile, proven.get(manifestFile.name)),
  });
  to.trust.noteWritten(set.times, {
    encrypted: manifestFile.container === 'gpg',
    signKey: from.signKeyFor(set.times),
    isNewest: false,
  });
  return put;
}

/**
 * Decodes all files of the set that are no volumes.
 * @returns by name what their stored bytes must be
 * @throws DuplifsError DAMAGED, SIGNATURE, KEY
 */
async function proveAll(
  { from, jobs, signal }: CopyRun,
  { set, binding }: CheckedSet,
): Promise<ReadonlyMap<string, ExpectedHash>> {
  const proven = new Map<string, ExpectedHash>();
  const files = [manifestFileOf(set), ...set.index, ...set.signatures];
  const tasks = files.map((file) => async () => {
    const { stored, plaintext } = await proveFile(from, file, signal);
    if (file.kind === 'signatures') checkSignaturesDigest(file.name, plaintext, binding);
    proven.set(file.name, { algorithm: 'sha256', hex: stored.toString('hex') });
  });
  await inParallel(tasks, jobs);
  return proven;
}

/** How many bytes were put; undefined where the file was there. */
async function copyOne(
  { from, to, listing, replica, signal, onBytes }: CopyRun,
  { name }: StoredFile,
  expected: ExpectedHash | undefined,
): Promise<number | undefined> {
  signal.throwIfAborted();
  const size = listing.sizeOf(name) ?? 0;
  const isThere =
    expected !== undefined &&
    replica.sizeOf(name) === size &&
    (await hasFile(to.storage, name, expected, signal));
  if (!isThere) {
    await copyFile({ from: from.storage, to: to.storage, name, size, expected, signal });
  }
  onBytes(size);
  return isThere ? undefined : size;
}

/** A set that is mended must not look whole meanwhile. */
export async function forgetManifest(
  { to, replica }: Pick<CopyRun, 'to' | 'replica'>,
  key: string,
): Promise<void> {
  const manifests = storedOf(replica, key).filter(({ kind }) => kind === 'manifest');
  if (manifests.length > 0) await to.storage.remove(manifests.map(({ name }) => name));
}

/** Files that have the set's times and are none of those that it has now: of two for one volume duplicity ends. */
export async function removeSurplus(
  { to, replica }: Pick<CopyRun, 'to' | 'replica'>,
  key: string,
  names: ReadonlySet<string>,
): Promise<void> {
  const surplus = storedOf(replica, key).filter(({ name }) => !names.has(name));
  await removeSetFiles(to.storage, surplus);
}

/** Also the files that do not count. */
function storedOf(listing: TargetListing, key: string): StoredFile[] {
  const refused = listing.separated.refused.map(({ file }) => file);
  return [...listing.filesOf(key), ...refused.filter((file) => setKey(file.times) === key)];
}
