/** `verify` as a whole: every file of a snapshot is read and compared, and every volume of its chain held against its hash. */
import { stat } from 'node:fs/promises';
import { DuplifsError, encodeName, errorText } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { Repository } from '../repository/index.js';
import { setsWithoutSignatures } from '../signatures/index.js';
import type { Snapshot } from '../snapshot/index.js';
import { folderEntries, signedEntries } from './compared-entries.js';
import type { ComparedFolder } from './compared-entries.js';
import type { Difference } from './difference.js';
import type { VerifyEvent } from './events.js';
import { verify } from './verify.js';

/** A file that cannot be verified, or a volume that no file of that time needs and that cannot be read. */
export type VerifyFailure =
  | { readonly kind: 'file'; readonly path: string; readonly reason: unknown }
  | { readonly kind: 'volume'; readonly name: string; readonly reason: unknown };

export interface VerifyBackupOptions {
  /** Only what lies at and below this path; '' for all, and for the volumes that no file of that time needs. */
  readonly path: string;
  /** Compared byte by byte; undefined to compare with the signatures. */
  readonly folder: ComparedFolder | undefined;
  readonly numericOwner: boolean;
  readonly onDifference: (difference: Difference) => Promise<void>;
  readonly onFailure: (failure: VerifyFailure) => void;
  readonly report: Report<VerifyEvent>;
  readonly signal: AbortSignal;
}

export interface VerifyBackupResult {
  /** Entries of either side. */
  readonly compared: number;
  readonly differences: number;
  /** Files and volumes, and one more where the signatures to compare with are missing. */
  readonly failures: number;
  /** The keys of the sets that have what differs from the signatures, or whose signatures have it. */
  readonly differingSets: readonly string[];
}

/**
 * Verifies a snapshot of a repository that was opened with `wholeVolumes`.
 * @throws DuplifsError TARGET when there is no such folder, NOT_IN_BACKUP when there is no such path
 */
export async function verifyBackup(
  repository: Repository,
  snapshot: Snapshot,
  options: VerifyBackupOptions,
): Promise<VerifyBackupResult> {
  const { path, folder, onDifference, onFailure, signal } = options;
  if (folder !== undefined) await refuseMissing(folder.path);
  await snapshot.load(signal);
  await snapshot.provePath(path, signal);
  const other = folder
    ? folderEntries(folder, signal)
    : signaturesOf(repository, snapshot, options);
  const result = await verify(snapshot, snapshot.resolve(path), {
    other,
    folder: folder?.path,
    signedSets: folder === undefined ? setsByTime(repository) : undefined,
    followLinks: folder?.copyLinks ?? false,
    onDifference,
    onFailure: (failed, reason) => {
      onFailure({ kind: 'file', path: failed, reason });
    },
    signal,
  });
  let damaged = other === undefined ? 1 : 0;
  if (path === '') {
    // what no file of this time needs is part of the backup all the same
    const onVolume = (name: string, reason: unknown): void => {
      damaged += 1;
      onFailure({ kind: 'volume', name, reason });
    };
    await repository.decodeUnread(snapshot.set, onVolume, signal);
  }
  return { ...result, failures: result.failures + damaged };
}

function signaturesOf(
  repository: Repository,
  { set }: Snapshot,
  { path: top, numericOwner, signal, report }: VerifyBackupOptions,
): ReturnType<typeof signedEntries> {
  const entries = signedEntries(repository, set, { top, numericOwner, signal });
  if (entries === undefined) {
    const setKeys = setsWithoutSignatures(repository.collection, set.key);
    report({ level: 'warning', code: 'signatures-missing', setKeys });
  }
  return entries;
}

function setsByTime({ collection }: Repository): ReadonlyMap<number, string> {
  const sets = collection.chains.flatMap((chain) => chain.sets);
  return new Map(sets.map(({ key, times }) => [times.endSeconds, key]));
}

async function refuseMissing(folder: string): Promise<void> {
  try {
    await stat(encodeName(folder));
  } catch (error) {
    throw new DuplifsError('TARGET', `Cannot compare with "${folder}": ${errorText(error)}`, {
      hint: 'Give the folder that was backed up, or leave --compare-data out',
      cause: error,
    });
  }
}
