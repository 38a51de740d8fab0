/** Writes a full that is made from something else than a folder: goes on with an interrupted one, or begins it. */
import { setKey } from '../archive/index.js';
import type { SetTimes } from '../archive/index.js';
import { encodeName } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { OpenPgpEvent } from '../openpgp/index.js';
import type { StoredObject } from '../storage/index.js';
import type { Target, TargetEvent, TargetListing, TargetLock } from '../target/index.js';
import type { Encoding } from '../volume/index.js';
import type { BackupEvent } from './events.js';
import type { Progress } from './options.js';
import { describeEncoding } from './plan/describe-encoding.js';
import type { SetPlan } from './plan/set-plan.js';
import { isSameSet } from './resume/set-to-continue.js';
import { isStillOurs } from './resume/checkpoints.js';
import { stateVersion } from './resume/set-state.js';
import type { StateHeader } from './resume/set-state.js';
import { findUnfinished, hasSameReaders, removeUnfinished } from './resume/unfinished-sets.js';
import type { UnfinishedSet } from './resume/unfinished-sets.js';
import { VolumeMaker } from './spool/volume-maker.js';
import type { Counts } from './statistics.js';
import type { SetSource } from './writing/set-source.js';
import { writeSet } from './writing/write-set.js';

export interface FullToWrite {
  readonly target: Target;
  /** What the target held when its lock was taken. */
  readonly listing: TargetListing;
  readonly lock: Pick<TargetLock, 'check'>;
  readonly source: SetSource;
  /** What it is made from, as the state keeps it: a run that makes a full from something else does not go on with it. */
  readonly madeFrom: string;
  /** The time of a full that is begun, in seconds. */
  readonly newSeconds: (listing: TargetListing) => number;
  /** Is told the key of the full before anything is written. */
  readonly onPlanned?: (key: string) => void;
  readonly encoding: Encoding;
  readonly hostname: string;
  /** The folder that the manifest names. */
  readonly localDir: string;
  readonly tempFolder: string;
  readonly volumeBytes: number;
  readonly maxBlockLength: number;
  readonly writesIndex: boolean;
  /** Whether the manifest lists the files. */
  readonly listsFiles: boolean;
  readonly producer: string;
  readonly stop: AbortSignal;
  readonly report: Report<BackupEvent | TargetEvent | OpenPgpEvent>;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface WrittenFull {
  readonly key: string;
  readonly times: SetTimes;
  readonly counts: Counts;
}

/**
 * Writes the full. The caller holds both locks. An unfinished full that was begun by this means and is another one is
 * removed; unfinished sets of backups are left alone.
 */
export async function writeFull(full: FullToWrite): Promise<WrittenFull> {
  const { target, source, lock, stop, report, onProgress } = full;
  const { resumed, stored } = await fullToContinue(full);
  const tidy = await target.list({ stored, signal: stop });
  const times = resumed?.times ?? ({ kind: 'full', endSeconds: full.newSeconds(tidy) } as const);
  full.onPlanned?.(setKey(times));
  const maker = new VolumeMaker(full.tempFolder);
  try {
    const plan = planOf(full, times, maker.withSession(full.encoding));
    const header = headerOf(full, setKey(times));
    const how = { skipIfNoChange: false, isHidden: true, stop, report, onProgress };
    const set = { target, source, plan, header, listing: tidy, resumed, maker, lock };
    const { counts } = await writeSet({ ...set, ...how });
    const ends = tidy.collectWhole().sets.map((one) => one.times.endSeconds);
    target.trust.noteWritten(times, {
      encrypted: full.encoding.container === 'gpg',
      signKey: target.signsWith,
      isNewest: ends.every((end) => end <= times.endSeconds),
    });
    await target.trust.save();
    return { key: setKey(times), times, counts };
  } finally {
    await maker.close();
  }
}

interface FoundFull {
  /** The unfinished full that this run goes on with. */
  readonly resumed: UnfinishedSet | undefined;
  /** What the storage has without those that were removed. */
  readonly stored: readonly StoredObject[];
}

async function fullToContinue(full: FullToWrite): Promise<FoundFull> {
  const { target, listing, report } = full;
  let resumed: UnfinishedSet | undefined;
  const removed = new Set<string>();
  for (const set of await findUnfinished(full, listing)) {
    if (set.header?.madeFrom === undefined) continue; // a backup's, which may go on with it
    if (resumed === undefined && (await isSameFull(full, set, set.header))) {
      resumed = set;
      continue;
    }
    report({ level: 'notice', code: 'interrupted-set-removed', setKey: set.key });
    await removeUnfinished(target, set, listing);
    for (const { name } of listing.filesOf(set.key)) removed.add(name);
  }
  return { resumed, stored: listing.stored.filter(({ name }) => !removed.has(name)) };
}

async function isSameFull(
  full: FullToWrite,
  set: UnfinishedSet,
  header: StateHeader,
): Promise<boolean> {
  const { prefixes, archiveFolder } = full.target;
  return (
    isSameSet(header, headerOf(full, set.key)) &&
    (await isStillOurs({ times: set.times, prefixes, archiveFolder })) &&
    (await hasSameReaders(readersOf(full), set, full.listing))
  );
}

/** A set that others can open is begun anew. */
function readersOf({ target, encoding, report, stop }: FullToWrite) {
  return { target, encoding, report, stop, allowOtherKeys: true, allowUnprotected: false };
}

function headerOf(
  { hostname, localDir, writesIndex, producer, encoding, madeFrom }: FullToWrite,
  key: string,
): StateHeader {
  return {
    kind: 'header',
    version: stateVersion,
    key,
    hostname,
    localDir,
    writesIndex,
    producer,
    madeFrom,
    baseKey: null,
    encoding: describeEncoding(encoding),
    beganMs: Date.now(),
  };
}

function planOf(full: FullToWrite, times: SetTimes, encoding: Encoding): SetPlan {
  const { target, volumeBytes, maxBlockLength, hostname, localDir, writesIndex, listsFiles } = full;
  const { storage, archiveFolder, prefixes, signsWith } = target;
  return {
    times,
    encoding,
    storage,
    archiveFolder,
    prefixes,
    volumeBytes,
    maxBlockLength,
    hostname,
    localDir,
    writesIndex,
    listsFiles,
    bound: { base: undefined, signKey: signsWith },
    followsLinks: false,
    producer: full.producer,
    sourceRoot: encodeName(localDir),
  };
}
