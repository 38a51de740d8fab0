/** Sets that earlier runs have begun and not finished: gone on with, or removed with all that is left of them. */
import { join } from 'node:path';
import { parseFileName, setKey } from '../archive/index.js';
import type { SetTimes } from '../archive/index.js';
import { isDuplifsError } from '../base/index.js';
import type { StoredObject } from '../storage/index.js';
import { proveReaders } from './proof/prove-readers.js';
import type { ProofOptions } from './proof/prove-readers.js';
import { removeParts, settleLocal } from './writing/finish-set.js';
import { readStateHeader } from './writing/resume.js';
import { localNames } from './writing/set-plan.js';
import type { StateHeader } from './writing/set-state.js';
import type { BackupOptions } from './options.js';

export interface UnfinishedSet {
  readonly times: SetTimes;
  readonly key: string;
  /** Undefined for a set of another program: only its parts are there. */
  readonly header: StateHeader | undefined;
}

type Place = Pick<BackupOptions, 'archiveFolder' | 'prefixes' | 'storage' | 'notice'>;

/**
 * The unfinished sets of the archive dir. Those that turn out to be complete on the storage are settled: the run
 * was stopped between the manifest and the bookkeeping.
 */
export async function findUnfinished(
  { archiveFolder, prefixes, notice }: Place,
  stored: readonly StoredObject[],
  names: readonly string[],
): Promise<UnfinishedSet[]> {
  const complete = new Set<string>();
  for (const { name } of stored) {
    const file = parseFileName(name, { prefixes });
    if (file?.kind === 'manifest' && !file.partial) complete.add(setKey(file.times));
  }
  const found: UnfinishedSet[] = [];
  for (const times of timesOf(names, prefixes)) {
    const key = setKey(times);
    if (complete.has(key)) {
      notice(`The set ${key} is complete; what was kept to finish it is removed`);
      await settleLocal({ times, prefixes, archiveFolder });
      continue;
    }
    const state = join(archiveFolder, localNames({ times, prefixes }).state);
    const header = await readStateHeader(state).catch(() => undefined);
    found.push({ times, key, header: header?.key === key ? header : undefined });
  }
  return found;
}

/**
 * Whether those who can open what is stored of an unfinished set can open what would be added. KEY when they cannot,
 * unless the set may then be given up (`allowOtherKeys`).
 */
export async function hasSameReaders(
  options: ProofOptions & Pick<BackupOptions, 'prefixes'>,
  { key }: UnfinishedSet,
  stored: readonly StoredObject[],
): Promise<boolean> {
  const [volume] = stored
    .map(({ name }) => parseFileName(name, options))
    .filter((file) => file?.kind === 'volume' && setKey(file.times) === key);
  if (volume === undefined) return true;
  try {
    await proveReaders(
      volume,
      { ...options, allowOtherKeys: false },
      'Give what the interrupted run was given, or begin its set anew with --allow-other-keys',
    );
    return true;
  } catch (error) {
    if (options.allowOtherKeys && isDuplifsError(error, 'KEY')) return false;
    throw error;
  }
}

/** Removes an unfinished set from the storage and the archive dir. */
export async function removeUnfinished(
  { storage, archiveFolder, prefixes }: Place,
  { times, key }: UnfinishedSet,
  stored: readonly StoredObject[],
): Promise<void> {
  const names = stored
    .map(({ name }) => parseFileName(name, { prefixes }))
    .filter((file) => file !== undefined && setKey(file.times) === key)
    .map((file) => file?.name ?? '');
  await storage.remove(names);
  await removeParts({ times, prefixes, archiveFolder });
}

/** The sets of which there is a state or a part. */
function timesOf(names: readonly string[], prefixes: Place['prefixes']): SetTimes[] {
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
