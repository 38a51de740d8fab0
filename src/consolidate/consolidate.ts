/**
 * Makes a full out of a chain, without the source (docs/writing.md, "Consolidating"): the tree as of one set is walked
 * and its files are rebuilt, verified, and written as a backup would write them.
 */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setKey as keyOf } from '../archive/index.js';
import type { BackupSet } from '../archive/index.js';
import { carrySeen, findUnfinished, writeFull } from '../backup/index.js';
import type { BackupEvent, Counts, Progress } from '../backup/index.js';
import { DuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { OpenPgpEvent } from '../openpgp/index.js';
import type { Repository } from '../repository/index.js';
import { previousTree } from '../signatures/index.js';
import type { Snapshot } from '../snapshot/index.js';
import { healMirror, TargetLock } from '../target/index.js';
import type { MirrorGap, Target, TargetEvent, TargetListing } from '../target/index.js';
import type { Encoding } from '../volume/index.js';
import type { ConsolidateEvent } from './events.js';
import { openChain } from './open-chain.js';
import type { OpenedChain } from './open-chain.js';
import { stopSoon } from './stop-soon.js';
import { timeOfFull } from './time-of-full.js';
import { TreeSource } from './tree-source.js';

export interface ConsolidateOptions {
  /** The backup, opened for reading. */
  readonly repository: Repository;
  /** Its tree as of the set that the full is to have the state of. */
  readonly snapshot: Snapshot;
  /** The target that it lies on. */
  readonly from: Target;
  /** The target that gets the full; it may be the same. */
  readonly to: Target;
  /** What the full is written with, and the id of the key that signs it. */
  readonly writingFor: (set: BackupSet) => Promise<Writing>;
  readonly tempFolder: string;
  readonly volumeBytes: number;
  readonly maxBlockLength: number;
  readonly writesIndex: boolean;
  readonly listsFiles: boolean;
  readonly producer: string;
  readonly dryRun: boolean;
  readonly lockWaitSeconds: number;
  readonly stop: AbortSignal;
  readonly report: Report<ConsolidateEvent | BackupEvent | TargetEvent | OpenPgpEvent>;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Writing {
  readonly encoding: Encoding;
  readonly signsWith: string | undefined;
}

export interface ConsolidateResult {
  /** The set whose state the full has. */
  readonly fromKey: string;
  /** Of the full; undefined where nothing was to be done. */
  readonly key: string | undefined;
  /** Undefined in a dry run, and where nothing was to be done. */
  readonly counts: Counts | undefined;
  readonly mirrorGaps: readonly MirrorGap[];
}

/**
 * Writes the full. The caller holds the locks on both archive dirs, except in a dry run; that on the target is taken here.
 *
 * @throws DuplifsError DAMAGED where the chain is not what its manifests, indexes and signatures say; TARGET where there is
 *   no second for the full between two sets; as openChain
 */
export async function consolidate(options: ConsolidateOptions): Promise<ConsolidateResult> {
  const { snapshot, from, to, stop, report, dryRun } = options;
  const { set } = snapshot;
  const isSame = from.storage === to.storage;
  const nothing = { fromKey: set.key, key: undefined, counts: undefined, mirrorGaps: [] };
  const isFull = set.kind === 'full' && isSame;
  if (isFull) report({ level: 'notice', code: 'already-full', setKey: set.key });
  if (dryRun) {
    if (isFull) return nothing;
    const listing = await to.list({ mayBeAbsent: true, signal: stop });
    const source = isSame ? listing : await from.list({ signal: stop });
    await openChain(from, { listing: source, setKey: set.key, fetches: false, signal: stop });
    const endSeconds = newSeconds(options, listing);
    return { ...nothing, key: keyOf({ kind: 'full', endSeconds }) };
  }
  const { storage, prefixes, archiveFolder } = to;
  await mkdir(archiveFolder, { recursive: true, mode: 0o700 });
  const lock = await TargetLock.take({ ...options, storage, prefixes, archiveFolder });
  try {
    const listing = await to.list({ stored: lock.stored, signal: stop });
    await healMirror(to, listing, stop);
    if (isFull) {
      // the run that made it may have been stopped before it had tidied up
      await findUnfinished({ target: to, report }, listing);
      return nothing;
    }
    const source = isSame ? listing : await from.list({ signal: stop });
    const chain = { listing: source, setKey: set.key, fetches: true, signal: stop };
    const opened = await openChain(from, chain);
    const made = await makeFull(options, opened, { listing, lock });
    return { ...made, mirrorGaps: await mirrorAfter(options) };
  } finally {
    await lock.release();
  }
}

interface LockedTarget {
  readonly listing: TargetListing;
  readonly lock: TargetLock;
}

async function makeFull(
  options: ConsolidateOptions,
  { sets, base }: OpenedChain,
  { listing, lock }: LockedTarget,
): Promise<Omit<ConsolidateResult, 'mirrorGaps'>> {
  const { repository, snapshot, from, to, stop, report, maxBlockLength } = options;
  const { key: fromKey } = snapshot.set;
  await snapshot.load(stop);
  await repository.proveTree(snapshot.set, undefined, stop);
  const { encoding, signsWith } = await options.writingFor(base.base);
  const target = to.signingWith(signsWith);
  const reading = stopSoon(stop);
  const written: { key?: string } = {};
  const source = new TreeSource({
    snapshot,
    signed: previousTree(from, base),
    maxBlockLength,
    signal: reading.signal,
    report,
    commit: async () => {
      const [newest] = listing.collectWhole().sets.toSorted(byEnd);
      const isNewest = newest?.key === fromKey && from.storage === to.storage;
      if (isNewest && written.key !== undefined) {
        await carrySeen(to.archiveFolder, fromKey, written.key);
      }
    },
  });
  try {
    const { manifest } = base;
    const { key, counts } = await writeFull({
      ...options,
      target,
      listing,
      lock,
      source,
      encoding,
      madeFrom: fromKey,
      newSeconds: (now) => newSeconds(options, now),
      onPlanned: (planned) => {
        written.key = planned;
      },
      hostname: manifest.hostname ?? hostname(),
      localDir: manifest.localDir ?? '',
    });
    return { fromKey: sets.at(-1)?.key ?? fromKey, key, counts };
  } finally {
    reading.end();
    await source.close();
  }
}

/** The time of the full, where one is begun. Tells what lies behind it. */
function newSeconds({ snapshot, report }: ConsolidateOptions, listing: TargetListing): number {
  const { endSeconds: setSeconds, key: setKey } = snapshot.set;
  const whole = listing.collectWhole().sets;
  const seconds = timeOfFull({
    setSeconds,
    // also of files that do not count, which duplicity would not tell apart
    taken: [...listing.files, ...listing.separated.refused.map(({ file }) => file)].map(
      ({ times }) => times,
    ),
    wholeEnds: whole.map(({ times }) => times.endSeconds),
  });
  if (seconds === undefined) {
    throw new DuplifsError(
      'TARGET',
      `There is no time for a full between set ${setKey} and the one that follows it`,
      { hint: 'It may have been made before. Give another --time, or another storage with --to' },
    );
  }
  const [newest] = whole.toSorted(byEnd);
  if (newest !== undefined && newest.times.endSeconds > seconds) {
    report({ level: 'notice', code: 'sets-behind', setKey, newestKey: newest.key });
  }
  return seconds;
}

/** The newest first. */
function byEnd(a: BackupSet, b: BackupSet): number {
  return b.times.endSeconds - a.times.endSeconds;
}

async function mirrorAfter({ to, stop, report }: ConsolidateOptions): Promise<MirrorGap[]> {
  if (to.storage.mirror === undefined) return [];
  const gaps = await healMirror(to, await to.list(), stop);
  for (const gap of gaps) report({ level: 'warning', code: 'mirror-differs', gap });
  return gaps;
}
