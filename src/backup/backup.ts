/** Makes one backup set: decides which, writes it, completes it (docs/writing.md). */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { collect, setKey } from '../archive/index.js';
import type { SetTimes } from '../archive/index.js';
import { collectPiledUp } from '../threads/index.js';
import { DuplifsError, isDuplifsError, NameTable } from '../base/index.js';
import { blockLengthFor } from '../librsync/index.js';
import type { Storage, StoredObject } from '../storage/index.js';
import { checkSource } from './check-source.js';
import { findChanges } from './compare/changes.js';
import type { Change } from './compare/changes.js';
import { SeenReader, seenFileName, SeenWriter } from './compare/seen-file.js';
import { jsonStatistics } from './json-statistics.js';
import { TargetLock } from './lock/target-lock.js';
import type { BackupOptions, BackupResult, Walk } from './options.js';
import { fetchingName, manifestOf, openBase, settledNames } from './previous/chain-base.js';
import type { ChainBase } from './previous/chain-base.js';
import { previousTree } from './previous/previous-tree.js';
import { checkLocalManifest } from './proof/check-local-manifest.js';
import { proveReaders } from './proof/prove-readers.js';
import { SourceReader } from './reading/source-reader.js';
import { VolumeMaker } from './spool/volume-maker.js';
import { noCounts } from './statistics.js';
import type { Counts } from './statistics.js';
import { setPlanOf } from './set-plan-of.js';
import { headerOf, takeUp } from './take-up.js';
import { findUnfinished, removeUnfinished } from './unfinished.js';
import type { UnfinishedSet } from './unfinished.js';
import { sourcePath } from '../source/index.js';
import { finishSet, removeParts, settleLocal } from './writing/finish-set.js';
import {
  chooseCheckpoint,
  keptIndexEntries,
  recordedVolumes,
  restoreParts,
  writeStateHeader,
} from './writing/resume.js';
import { putStatistics } from './writing/put-statistics.js';
import { SetFiles } from './writing/set-files.js';
import { localNames } from './writing/set-plan.js';
import type { SetPlan } from './writing/set-plan.js';
import type { Checkpoint } from './writing/set-state.js';
import { SetWriter } from './writing/set-writer.js';

/** Runs a backup. The caller holds the lock on the archive dir; that on the target is taken here. */
export async function backup(options: BackupOptions): Promise<BackupResult> {
  const startTime = Date.now() / 1000;
  const walk = options.walk(); // its thread gets ready beside what follows
  try {
    if (options.dryRun) {
      return await makeSet(options, walk, startTime, await listStorage(options.storage));
    }
    await mkdir(options.archiveFolder, { recursive: true, mode: 0o700 });
    const lock = await TargetLock.take(options);
    try {
      return await makeSet(options, walk, startTime, lock.stored, lock);
    } finally {
      await lock.release();
    }
  } finally {
    await walk.close();
  }
}

/** Without a lock nothing is written. */
async function makeSet(
  options: BackupOptions,
  walk: Walk,
  startTime: number,
  stored: readonly StoredObject[],
  lock?: TargetLock,
): Promise<BackupResult> {
  const { base, unfinished, newestSeconds } = await examine(options, stored);
  const kind = base === undefined ? 'full' : 'inc';
  const resumed = lock && (await takeUp(options, base, unfinished, stored));
  const times = resumed?.times ?? (await newTimes(options, base, newestSeconds));
  const writesIndex = resumed?.header?.writesIndex ?? options.writesIndex;
  const maker = new VolumeMaker(options.tempFolder);
  const encoding = lock === undefined ? options.encoding : maker.withSession(options.encoding);
  const plan = { ...setPlanOf(options, times), encoding, writesIndex };
  try {
    const run = new SetRun(options, walk, plan, base, stored, resumed, maker);
    const { counts, wasWritten } = await run.run(lock);
    const statistics = { ...counts, startTime, endTime: Date.now() / 1000 };
    const json = jsonStatistics(statistics, {
      action: kind,
      skipped: !wasWritten && lock !== undefined,
      source: options.source,
      fullSeconds: base?.fullSeconds ?? times.endSeconds,
      incrementals: Math.max(0, (base?.signatures.length ?? 0) - 1),
      target: options.storage.url,
      localStatistics: (await localNamesOf(options)).filter((name) => name.includes('.jsonstat')),
    });
    if (options.storesStatistics && wasWritten) await putStatistics(plan, maker, json);
    return { kind, key: wasWritten ? setKey(times) : undefined, statistics, json };
  } finally {
    await maker.close();
  }
}

interface Target {
  /** What an incremental builds on; undefined for a full. */
  readonly base: ChainBase | undefined;
  readonly unfinished: readonly UnfinishedSet[];
  /** The time of the newest set of any chain. */
  readonly newestSeconds: number;
}

/** Looks at what there is, and decides between full and incremental. */
async function examine(options: BackupOptions, stored: readonly StoredObject[]): Promise<Target> {
  const { verb, prefixes, notice } = options;
  const unfinished = options.dryRun ? [] : await tidyUp(options, stored);
  const storedNames = stored.map(({ name }) => name);
  const local = settledNames(await localNamesOf(options), storedNames, prefixes);
  // a set that was cut off between its sigtar and its manifest must not hide the chain before it
  const settled = settledNames(storedNames, storedNames, prefixes);
  const collection = collect({ stored: settled, local, prefixes });
  const newest = Math.max(
    0,
    ...collection.sets.filter((set) => set.complete).map((set) => set.times.endSeconds),
  );
  const full = { base: undefined, unfinished, newestSeconds: newest };
  if (verb === 'full') return full;
  const { primary } = collection;
  if (primary?.base === undefined) {
    if (verb === 'incremental') {
      throw new DuplifsError(
        'NO_SIGNATURES',
        'There is no chain that an incremental backup could continue',
        { hint: 'Make a full one: duplifs full' },
      );
    }
    notice('No signatures found, switching to full backup.');
    return full;
  }
  const { fullIfBeforeSeconds } = options;
  if (fullIfBeforeSeconds !== undefined && primary.chain.startSeconds < fullIfBeforeSeconds) {
    notice('Last full backup is too old, forcing full backup');
    return full;
  }
  const opener = await proveReaders(manifestOf(primary.base), options);
  const base = await openBase(collection, { ...options, localNames: local });
  if (base?.isLocalManifest === true) await checkLocalManifest(base, opener, options);
  if (base !== undefined && !options.allowSourceMismatch) {
    checkSource(base.manifest, options.hostname, options.source);
  }
  return { base, unfinished, newestSeconds: newest };
}

/** Removes what runs that were killed have left in the archive dir; the sets that they have not finished. */
async function tidyUp(
  options: BackupOptions,
  stored: readonly StoredObject[],
): Promise<UnfinishedSet[]> {
  await rm(join(options.archiveFolder, fetchingName), { force: true });
  return findUnfinished(options, stored, await localNamesOf(options));
}

async function localNamesOf({ archiveFolder }: BackupOptions): Promise<string[]> {
  return readdir(archiveFolder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
}

/** The times of a new set: now, and never those of a set that is there. */
async function newTimes(
  options: BackupOptions,
  base: ChainBase | undefined,
  newestSeconds: number,
): Promise<SetTimes> {
  let now = options.currentTime ?? Math.floor(Date.now() / 1000);
  if (now === newestSeconds) {
    if (options.currentTime === undefined) await setTimeout(2000);
    now += 2;
  }
  if (base === undefined) return { kind: 'full', endSeconds: now };
  const startSeconds = base.base.times.endSeconds;
  if (now <= startSeconds) {
    throw new DuplifsError('SOURCE', 'The clock shows a time before that of the last backup', {
      hint: 'Set the clock right, or start a new chain with "duplifs full"',
    });
  }
  return { kind: 'inc', startSeconds, endSeconds: now };
}

async function listStorage(storage: Storage): Promise<readonly StoredObject[]> {
  try {
    return await storage.list();
  } catch (error) {
    if (isDuplifsError(error, 'STORAGE_NOT_FOUND')) return [];
    throw error;
  }
}

/** One run over the source. */
class SetRun {
  readonly #options: BackupOptions;
  readonly #walk: Walk;
  readonly #plan: SetPlan;
  readonly #base: ChainBase | undefined;
  readonly #stored: readonly StoredObject[];
  readonly #resumed: UnfinishedSet | undefined;
  readonly #maker: VolumeMaker;
  readonly #reader = new SourceReader();

  constructor(
    options: BackupOptions,
    walk: Walk,
    plan: SetPlan,
    base: ChainBase | undefined,
    stored: readonly StoredObject[],
    resumed: UnfinishedSet | undefined,
    maker: VolumeMaker,
  ) {
    this.#options = options;
    this.#walk = walk;
    this.#plan = plan;
    this.#base = base;
    this.#stored = stored;
    this.#resumed = resumed;
    this.#maker = maker;
  }

  async run(lock: TargetLock | undefined): Promise<{ counts: Counts; wasWritten: boolean }> {
    try {
      return lock === undefined ? await this.#count() : await this.#write(lock);
    } finally {
      await this.#reader.close();
    }
  }

  async #write(lock: TargetLock): Promise<{ counts: Counts; wasWritten: boolean }> {
    const options = this.#options;
    const plan = this.#plan;
    const maker = this.#maker;
    const { archiveFolder } = plan;
    if (this.#base === undefined) this.#reader.start();
    const from = await this.#checkpoint();
    const beganMs = this.#resumed?.header?.beganMs ?? Date.now();
    const counts: Counts = from === undefined ? noCounts() : { ...from.counts };
    const kept = keptIndexEntries(plan, from);
    const files = await SetFiles.open(plan, from, kept);
    const seenPath = join(archiveFolder, seenFileName);
    const seen = new SeenWriter(seenPath, setKey(plan.times), beganMs);
    const sessionKeys = new Map<number, { algorithm: number; key: Buffer }>();
    const writer = new SetWriter({
      plan,
      files,
      counts,
      from,
      sessionKeys,
      maker,
      reader: this.#reader,
      users: new NameTable('passwd'),
      groups: new NameTable('group'),
      stop: options.stop,
      warn: options.warn,
      onStored: (source) => (source.type === 'reg' ? seen.add(source) : undefined),
    });
    try {
      await this.#writeChanges(writer, counts, seen, beganMs);
      if (options.skipIfNoChange && this.#base !== undefined && !writer.hasChanges) {
        options.notice('Nothing has changed: no set is written');
        await files.close();
        await removeParts(plan);
        return { counts, wasWritten: false };
      }
      await this.#reader.close(); // what it holds is wanted for what follows
      await writer.finish();
      await seen.end();
      const statePath = join(archiveFolder, localNames(plan).state);
      let lastVolume = 0;
      for await (const { number } of recordedVolumes(statePath)) lastVolume = number;
      await finishSet({
        plan,
        files,
        maker,
        sessionKeys,
        lastVolume,
        volumes: () => recordedVolumes(statePath),
        stored: this.#stored,
        uploaded: () => writer.uploaded(),
        beforeManifest: () => lock.check(plan.times),
      });
      await seen.commit();
      await settleLocal(plan);
      return { counts, wasWritten: true };
    } finally {
      await writer.endUploads();
      await files.close().catch(() => undefined);
    }
  }

  /** Where to go on; also begins the state of a new set. */
  async #checkpoint(): Promise<Checkpoint | undefined> {
    const plan = this.#plan;
    const { notice } = this.#options;
    if (this.#resumed?.header !== undefined) {
      const from = await chooseCheckpoint(plan, this.#stored);
      if (from !== undefined && (await restoreParts(plan, from))) {
        notice(`Going on with the set ${this.#resumed.key} after volume ${from.volume.number}`);
        return from;
      }
      await removeUnfinished(this.#options, this.#resumed, this.#stored);
    }
    const header = headerOf(this.#options, this.#base, setKey(plan.times));
    await writeStateHeader(join(plan.archiveFolder, localNames(plan).state), header);
    return undefined;
  }

  /** Writes all changes; files are read one batch ahead. */
  async #writeChanges(
    writer: SetWriter,
    counts: Counts,
    seen: SeenWriter,
    beganMs: number,
  ): Promise<void> {
    const { onProgress, stop } = this.#options;
    const changes = this.#changes(counts);
    // what duplicity took for unchanged may be another content
    const isRemembered = this.#resumed?.header?.isAdopted !== true;
    const fetch = async (): Promise<Change[] | undefined> => {
      const { value, done } = await changes.next();
      if (done === true) return undefined;
      for (const change of value) {
        if (isRead(change) && !writer.isWritten(change.source.path)) this.#request(change);
      }
      this.#reader.flush();
      return value;
    };
    let next = fetch();
    try {
      for (let batch = await next; batch !== undefined; batch = await next) {
        next = fetch();
        next.catch(() => undefined); // it comes out when it is awaited
        for (const change of batch) {
          const path = change.kind === 'deleted' ? change.path : change.source.path;
          if (!writer.isWritten(path)) {
            const pending = writer.write(change);
            if (pending !== undefined) await pending;
          } else if (isRemembered && change.kind !== 'deleted' && change.source.ctimeMs < beganMs) {
            if (change.source.type === 'reg') await seen.add(change.source);
          }
        }
        collectPiledUp();
        onProgress?.({
          files: counts.sourceFiles,
          bytes: counts.sourceFileSize,
          stored: counts.totalDestinationSizeChange,
        });
        if (stop.aborted) await writer.stopNow();
      }
    } finally {
      await next.catch(() => undefined);
      await changes.return(undefined);
    }
  }

  /** `--dry-run`: what would be done, by the sizes that lstat shows. */
  async #count(): Promise<{ counts: Counts; wasWritten: boolean }> {
    const counts = noCounts();
    for await (const batch of this.#changes(counts)) {
      this.#options.stop.throwIfAborted();
      for (const change of batch) {
        if (change.kind === 'deleted') {
          counts.deletedFiles += 1;
          continue;
        }
        const { size } = change.source;
        counts.sourceFiles += 1;
        counts.sourceFileSize += size;
        if (change.kind === 'snapshot') {
          counts.newFiles += 1;
          counts.newFileSize += size;
        } else if (change.kind === 'diff') {
          counts.changedFiles += 1;
          counts.changedFileSize += size;
        }
      }
    }
    return { counts, wasWritten: false };
  }

  async *#changes(counts: Counts): AsyncGenerator<Change[], undefined> {
    const { numericOwner, archiveFolder, warn } = this.#options;
    const base = this.#base;
    const seen = base && (await SeenReader.open(join(archiveFolder, seenFileName), base.base.key));
    yield* findChanges({
      walk: this.#walk,
      onUnreadable: ({ path, reason }) => {
        counts.errors += 1;
        const name = JSON.stringify(path === '' ? '.' : path);
        warn(`Cannot read ${name} (${reason}); its last version stays in the backup`);
      },
      previous: previousTree(this.#options, base),
      names: numericOwner
        ? { users: undefined, groups: undefined }
        : { users: new NameTable('passwd'), groups: new NameTable('group') },
      seen,
    });
    return undefined;
  }

  #request(change: Extract<Change, { kind: 'snapshot' | 'diff' }>): void {
    const { maxBlockLength, followsLinks } = this.#plan;
    const { path, size } = change.source;
    const { source } = this.#options;
    this.#reader.request({
      path: sourcePath(source, path),
      blockLength: blockLengthFor(size, maxBlockLength),
      follow: followsLinks,
      base: change.kind === 'diff' ? change.base : undefined,
    });
  }
}

function isRead(change: Change): change is Extract<Change, { kind: 'snapshot' | 'diff' }> {
  return change.kind === 'diff' || (change.kind === 'snapshot' && change.source.type === 'reg');
}
