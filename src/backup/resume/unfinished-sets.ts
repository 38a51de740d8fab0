/** Sets that earlier runs have begun and not finished: continued, or removed with all that is left of them. */
import { join } from 'node:path';
import { parseFileName, setKey } from '../../archive/index.js';
import type { NamePrefixes, SetTimes } from '../../archive/index.js';
import { isDuplifsError } from '../../base/index.js';
import { proveReaders, removeSetFiles } from '../../target/index.js';
import type { TargetListing, TargetPlace } from '../../target/index.js';
import type { Encoding } from '../../volume/index.js';
import type { BackupOptions } from '../options.js';
import { localNames } from '../plan/set-plan.js';
import { giveFinalNames, removeParts } from '../writing/local-files.js';
import { readStateHeader } from './checkpoints.js';
import type { StateHeader } from './set-state.js';

export interface UnfinishedSet {
  readonly times: SetTimes;
  readonly key: string;
  /** Undefined for a set of another program: only its parts are there. */
  readonly header: StateHeader | undefined;
}

/**
 * The unfinished sets of the archive dir. For those that turn out to be complete on the storage the bookkeeping is done:
 * the run was stopped between the manifest and that.
 */
export async function findUnfinished(
  { target, report }: Pick<BackupOptions, 'target' | 'report'>,
  listing: TargetListing,
): Promise<UnfinishedSet[]> {
  const { archiveFolder, prefixes } = target;
  const found: UnfinishedSet[] = [];
  for (const times of begunSets(listing.localNames, prefixes)) {
    const key = setKey(times);
    if (listing.wholeKeys.has(key)) {
      report({ level: 'notice', code: 'set-is-complete', setKey: key });
      await giveFinalNames({ times, prefixes, archiveFolder });
      continue;
    }
    const state = join(archiveFolder, localNames({ times, prefixes }).state);
    const header = await readStateHeader(state).catch(() => undefined);
    found.push({ times, key, header: header?.key === key ? header : undefined });
  }
  return found;
}

type ReadersOptions = Pick<
  BackupOptions,
  'target' | 'encoding' | 'allowOtherKeys' | 'allowUnprotected' | 'report' | 'stop'
>;

/**
 * Whether those who can open what is stored of an unfinished set can open what would be added. KEY when they cannot,
 * unless the set may then be given up (`allowOtherKeys`).
 */
export async function hasSameReaders(
  options: ReadersOptions,
  { key }: UnfinishedSet,
  listing: TargetListing,
): Promise<boolean> {
  const volume = listing.filesOf(key).find(({ kind }) => kind === 'volume');
  if (volume === undefined) return true;
  const { storage } = options.target;
  try {
    await proveReaders(
      volume,
      { ...options, storage, encoding: withOnePassphrase(options.encoding), allowOtherKeys: false },
      'Give what the interrupted run was given, or begin its set anew with --allow-other-keys',
    );
    return true;
  } catch (error) {
    if (options.allowOtherKeys && isDuplifsError(error, 'KEY')) return false;
    throw error;
  }
}

/** What is added to a set must be encrypted as the rest of it. */
function withOnePassphrase(encoding: Encoding): Encoding {
  return encoding.container === 'gpg' ? { ...encoding, otherPassphrases: [] } : encoding;
}

/** Removes an unfinished set from the storage and the archive dir. */
export async function removeUnfinished(
  { storage, archiveFolder, prefixes }: TargetPlace,
  { times, key }: UnfinishedSet,
  listing: TargetListing,
): Promise<void> {
  await removeSetFiles(storage, listing.filesOf(key));
  await removeParts({ times, prefixes, archiveFolder });
}

/** The sets of which there is a state or a part. */
function begunSets(names: Iterable<string>, prefixes: NamePrefixes): SetTimes[] {
  const sets = new Map<string, SetTimes>();
  for (const name of names) {
    const file = parseFileName(name, { prefixes });
    if (file?.partial === true) sets.set(setKey(file.times), file.times);
    const own = /^duplifs-(?:writing|ready)\.(\d{8}T\d{6}Z(?:\.to\.\d{8}T\d{6}Z)?)\./.exec(name);
    const times = own && parseFileName(`duplifs-index.${own[1] ?? ''}`)?.times;
    if (times) sets.set(setKey(times), times);
  }
  return [...sets.values()];
}
