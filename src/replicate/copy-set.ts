/** Copies the files of a set as they are, its manifest last. */
import { setKey } from '../archive/index.js';
import type { BackupSet, StoredFile } from '../archive/index.js';
import { errorText, isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
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
import type { ReplicateEvent } from './events.js';
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
  readonly report: Report<ReplicateEvent>;
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
    const expected = proven.get(file.name);
    if (expected === undefined) continue; // left out
    names.add(file.name);
    tasks.push(() => copy(file, expected));
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

/** Copies the indexes that were added to a set after it was copied, or after they had changed. */
export async function copyAddedIndexes(run: CopyRun, set: BackupSet): Promise<void> {
  const { from, listing, replica, lock, report, signal } = run;
  for (const file of set.index.filter(({ kind }) => kind === 'added-index')) {
    if (replica.sizeOf(file.name) === listing.sizeOf(file.name)) continue;
    const proven = await proveAdded(from, file, { report, signal });
    if (proven === undefined) continue;
    await lock.checkHeld();
    await copyOne(run, file, proven);
  }
}

/** Undefined, and told, where a file that a set can do without is not what it should be. */
async function proveAdded(
  from: Target,
  file: StoredFile,
  { report, signal }: Pick<CopyRun, 'report' | 'signal'>,
): Promise<ExpectedHash | undefined> {
  try {
    const { stored } = await proveFile(from, file, signal);
    return { algorithm: 'sha256', hex: stored.toString('hex') };
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED', 'KEY', 'SIGNATURE', 'STORAGE_NOT_FOUND')) throw error;
    const reason = errorText(error);
    report({ level: 'warning', code: 'index-left-out', name: file.name, reason });
    return undefined;
  }
}

/**
 * Decodes all files of the set that are no volumes.
 * @returns by name what their stored bytes must be; nothing for an added index that cannot be used
 * @throws DuplifsError DAMAGED, SIGNATURE, KEY
 */
async function proveAll(
  { from, jobs, report, signal }: CopyRun,
  { set, binding }: CheckedSet,
): Promise<ReadonlyMap<string, ExpectedHash>> {
  const proven = new Map<string, ExpectedHash>();
  const files = [manifestFileOf(set), ...set.index, ...set.signatures];
  const tasks = files.map((file) => async () => {
    if (file.kind === 'added-index') {
      const added = await proveAdded(from, file, { report, signal });
      if (added !== undefined) proven.set(file.name, added);
      return;
    }
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
