/** Makes one backup set: decides which, writes it, completes it (docs/writing.md). */
import { mkdir } from 'node:fs/promises';
import { setKey } from '../archive/index.js';
import { healMirror, localNames, TargetLock } from '../target/index.js';
import type { ChainBase, MirrorGap, TargetListing, WrittenProtection } from '../target/index.js';
import { countChanges } from './dry-run.js';
import { FolderSource } from './folder-source.js';
import { jsonStatistics } from './json-statistics.js';
import type { BackupOptions, BackupResult, Walk } from './options.js';
import { tellOfExpiry } from './plan/tell-of-expiry.js';
import { examineTarget } from './plan/examine-target.js';
import { newSetTimes } from './plan/new-set-times.js';
import { setPlanOf } from './plan/set-plan-of.js';
import { headerOf, setToContinue } from './resume/set-to-continue.js';
import { VolumeMaker } from './spool/volume-maker.js';
import type { Counts } from './statistics.js';
import { putStatistics } from './writing/put-statistics.js';
import { writeSet } from './writing/write-set.js';
import type { SetToWrite, WrittenSet } from './writing/write-set.js';

/** Runs a backup. The caller holds the lock on the archive dir; that on the target is taken here. */
export async function backup(options: BackupOptions): Promise<BackupResult> {
  const run = { options, startTime: Date.now() / 1000, walk: options.walk() }; // its thread gets ready beside what follows
  const { target } = options;
  tellOfExpiry(options);
  try {
    if (options.dryRun) return await tryRun(run, await target.list({ mayBeAbsent: true }));
    await mkdir(target.archiveFolder, { recursive: true, mode: 0o700 });
    const { storage, prefixes, archiveFolder } = target;
    const lock = await TargetLock.take({ ...options, storage, prefixes, archiveFolder });
    try {
      const listing = await target.list({ stored: lock.stored });
      await healMirror(target, listing, options.stop);
      const made = await makeSet(run, listing, lock);
      return { ...made, mirrorGaps: await mirrorAfter(options) };
    } finally {
      await lock.release();
    }
  } finally {
    await run.walk.close();
  }
}

interface Run {
  readonly options: BackupOptions;
  readonly walk: Walk;
  /** In seconds by the real clock, with their fraction. */
  readonly startTime: number;
}

/** What the new set met, too, is mended at once where that can be; all else is said. */
async function mirrorAfter({ target, stop, report }: BackupOptions): Promise<MirrorGap[]> {
  if (target.storage.mirror === undefined) return [];
  const gaps = await healMirror(target, await target.list(), stop);
  for (const gap of gaps) report({ level: 'warning', code: 'mirror-differs', gap });
  return gaps;
}

/** Without a lock, for nothing is written. */
async function tryRun(run: Run, listing: TargetListing): Promise<BackupResult> {
  const { base, newestSeconds } = await examineTarget(run.options, listing);
  const times = await newSetTimes({ ...run.options, base, newestSeconds });
  const counts = await countChanges({ ...run, base });
  const kind = times.kind;
  return resultOf(run, { kind, key: undefined, counts, base, fullSeconds: times.endSeconds });
}

async function makeSet(run: Run, listing: TargetListing, lock: TargetLock): Promise<BackupResult> {
  const { base, unfinished, newestSeconds, encoding } = await examineTarget(run.options, listing);
  const options = { ...run.options, encoding };
  const resumed = await setToContinue(options, { base, unfinished, listing });
  const times = resumed?.times ?? (await newSetTimes({ ...options, base, newestSeconds }));
  const maker = new VolumeMaker(options.tempFolder);
  try {
    const plan = {
      ...setPlanOf(options, times, base),
      encoding: maker.withSession(options.encoding),
      writesIndex: resumed?.header?.writesIndex ?? options.writesIndex,
    };
    const written = await writeFolder(
      { ...run, options },
      { plan, base, listing, resumed, maker, lock },
    );
    if (written.wasWritten) options.target.trust.noteWritten(times, protectionOf(options));
    await options.target.trust.save();
    const key = written.wasWritten ? setKey(times) : undefined;
    const { counts } = written;
    const { kind, endSeconds } = times;
    const result = await resultOf(run, { kind, key, counts, base, fullSeconds: endSeconds });
    if (options.storesStatistics && written.wasWritten) {
      await putStatistics(plan, maker, result.json);
    }
    return result;
  } finally {
    await maker.close();
  }
}

interface FolderSet extends Pick<SetToWrite, 'plan' | 'listing' | 'resumed' | 'maker' | 'lock'> {
  readonly base: ChainBase | undefined;
}

async function writeFolder({ options, walk }: Run, set: FolderSet): Promise<WrittenSet> {
  const { plan, base, resumed } = set;
  const source = new FolderSource({ options, walk, plan, base, resumed: resumed?.header });
  try {
    const { target, stop, report, onProgress } = options;
    const header = headerOf(options, base, setKey(plan.times));
    const skipIfNoChange = options.skipIfNoChange && base !== undefined;
    const how = { target, skipIfNoChange, isHidden: false, stop, report, onProgress };
    return await writeSet({ ...set, ...how, source, header });
  } finally {
    await source.close();
  }
}

function protectionOf({ encoding, target }: BackupOptions): WrittenProtection {
  return { encrypted: encoding.container === 'gpg', signKey: target.signsWith };
}

interface Outcome {
  readonly kind: 'full' | 'inc';
  /** Of the set that was written. */
  readonly key: string | undefined;
  readonly counts: Counts;
  readonly base: ChainBase | undefined;
  /** The time of the set, which counts where it is a full. */
  readonly fullSeconds: number;
}

async function resultOf(
  { options, startTime }: Run,
  { kind, key, counts, base, fullSeconds }: Outcome,
): Promise<BackupResult> {
  const { target, source, dryRun } = options;
  const statistics = { ...counts, startTime, endTime: Date.now() / 1000 };
  const local = await localNames(target.archiveFolder);
  const json = jsonStatistics(statistics, {
    action: kind,
    skipped: key === undefined && !dryRun,
    source,
    fullSeconds: base?.fullSeconds ?? fullSeconds,
    incrementals: Math.max(0, (base?.signatures.length ?? 0) - 1),
    target: target.storage.url,
    localStatistics: local.filter((name) => name.includes('.jsonstat')),
  });
  return { kind, key, statistics, json, mirrorGaps: [] };
}
