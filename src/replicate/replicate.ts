/**
 * Copies the sets of one target to another (docs/writing.md, "Replicating"): each chain from its full on, each set with
 * its manifest last, everything verified on the way and read back.
 */
import { mkdir } from 'node:fs/promises';
import { setKey, volumesDigest } from '../archive/index.js';
import type { BackupSet, SetBase, StoredFile } from '../archive/index.js';
import { VolumeMaker } from '../backup/index.js';
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import type { ErrorCode } from '../base/index.js';
import {
  manifestFaults,
  readManifest,
  SetStates,
  TargetLock,
  wasNeverFinished,
} from '../target/index.js';
import type { Target, TargetListing } from '../target/index.js';
import {
  filesOf,
  planMirroredRemovals,
  planReplication,
  refuseLastWhole,
  removeSets,
} from '../upkeep/index.js';
import type { PlannedCopy } from '../upkeep/index.js';
import { checkSet } from './checked-set.js';
import type { CheckedSet } from './checked-set.js';
import { copyAddedIndexes, copySet } from './copy-set.js';
import type { CopyRun, PutFiles } from './copy-set.js';
import type { ReplicatedSet, ReplicateOptions, ReplicateResult } from './options.js';
import { ReplicaMemory } from './replica-memory.js';
import { rewriteSet } from './rewrite-set.js';

/**
 * Makes the replica. The caller holds the lock on the archive dir of the replica, except in a dry run; that on the
 * replica is taken here. What is wrong with one set keeps it and those on it back, and no others.
 *
 * @throws DuplifsError NO_BACKUP where the source has no whole set; what the storages throw
 */
export async function replicate(options: ReplicateOptions): Promise<ReplicateResult> {
  const { from, to, dryRun, stop: signal } = options;
  const listing = await from.list({ signal });
  if (dryRun) {
    const replica = await to.list({ mayBeAbsent: true, signal });
    return new Replication(options, { listing, replica }).plan();
  }
  const { storage, prefixes, archiveFolder } = to;
  await mkdir(archiveFolder, { recursive: true, mode: 0o700 });
  const lock = await TargetLock.take({ ...options, storage, prefixes, archiveFolder });
  try {
    const replica = await to.list({ stored: lock.stored, signal });
    return await new Replication(options, { listing, replica }).run(lock);
  } finally {
    await to.trust.save();
    await lock.release();
  }
}

interface Listings {
  readonly listing: TargetListing;
  readonly replica: TargetListing;
}

/** What only the set itself is to blame for. */
const codesOfSets: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DAMAGED',
  'FILE_MISSING',
  'SIGNATURE',
  'STORAGE_NOT_FOUND',
]);

class Replication {
  readonly #options: ReplicateOptions;
  readonly #listing: TargetListing;
  readonly #replica: TargetListing;
  readonly #failed: { key: string; error: unknown }[] = [];
  readonly #copied: ReplicatedSet[] = [];
  #arrived = 0;

  constructor(options: ReplicateOptions, { listing, replica }: Listings) {
    this.#options = options;
    this.#listing = listing;
    this.#replica = replica;
  }

  async plan(): Promise<ReplicateResult> {
    const { chains, passedOver } = await this.#chains();
    const { to, from } = this.#options;
    const memory = await ReplicaMemory.load(to.archiveFolder, from.storage.url);
    const coming = chains.flat().filter(({ isThere }) => !isThere);
    const copied = coming.map(({ set }) => this.#asStored(set));
    const removed = this.#removals(this.#replica, memory).flat();
    const there = chains.flat().filter(({ isThere }) => isThere);
    return {
      copied,
      passedOver,
      there: there.map(({ set }) => set.key),
      removed: removed.map(({ key }) => key),
      failed: [],
    };
  }

  async run(lock: TargetLock): Promise<ReplicateResult> {
    const { from, to, stop: signal, report } = this.#options;
    const { chains, passedOver } = await this.#chains();
    if (passedOver.length > 0) {
      report({ level: 'warning', code: 'sets-passed-over', setKeys: passedOver });
    }
    const memory = await ReplicaMemory.load(to.archiveFolder, from.storage.url);
    const coming = chains.flat().filter(({ isThere }) => !isThere);
    const totals = {
      totalSets: coming.length,
      totalBytes: coming.reduce((sum, { set }) => sum + this.#asStored(set).bytes, 0),
    };
    const run: CopyRun = {
      ...this.#options,
      listing: this.#listing,
      replica: this.#replica,
      lock,
      signal,
      onBytes: (bytes) => {
        this.#arrived += bytes;
        const sets = this.#copied.length;
        this.#options.onProgress?.({ sets, bytes: this.#arrived, ...totals });
      },
    };
    const maker = new VolumeMaker(this.#options.tempFolder);
    try {
      for (const chain of chains) await this.#copyChain(chain, { run, maker, memory });
    } finally {
      await maker.close();
    }
    const removed = this.#failed.length > 0 ? [] : await this.#mirrorRemovals(memory);
    const there = chains.flat().filter(({ isThere }) => isThere);
    return {
      copied: this.#copied,
      there: there.map(({ set }) => set.key),
      removed,
      failed: this.#failed,
      passedOver,
    };
  }

  /** What there is to be copied, and what cannot be. */
  async #chains(): Promise<{
    readonly chains: readonly (readonly PlannedCopy[])[];
    readonly passedOver: readonly string[];
  }> {
    const { from, timeSeconds = Infinity } = this.#options;
    const { collection } = this.#listing;
    const states = SetStates.of(this.#listing).all();
    const whole = states.filter(({ faults }) => faults.length === 0);
    if (whole.length === 0) {
      throw new DuplifsError('NO_BACKUP', `There is no whole backup set at "${from.storage.url}"`, {
        hint: 'Nothing was copied, and nothing removed. Is it the right URL, and its disk mounted?',
      });
    }
    const faulty = states.filter(({ faults }) => faults.length > 0);
    const there = await this.#setsThere(collection.chains.flatMap(({ sets }) => sets));
    const chains = planReplication(collection, {
      faulty: new Set(faulty.map(({ key }) => key)),
      timeSeconds: this.#options.timeSeconds,
      isThere: ({ key }) => there.has(key),
    });
    const passedOver = faulty
      .filter(({ faults, times }) => !wasNeverFinished(faults) && times.endSeconds <= timeSeconds)
      .map(({ key }) => key);
    return { chains, passedOver };
  }

  /** Keys of the sets that the replica has, with all their files. */
  async #setsThere(sets: readonly BackupSet[]): Promise<ReadonlySet<string>> {
    const there = new Set<string>();
    for (const set of sets) {
      if (!this.#replica.wholeKeys.has(set.key)) continue;
      const isThere =
        this.#options.rewriting === undefined
          ? filesOf(set).every(({ name, kind }) => kind === 'added-index' || this.#isSame(name))
          : await this.#isWholeReplica(set.key);
      if (isThere) there.add(set.key);
    }
    return there;
  }

  #isSame(name: string): boolean {
    const size = this.#replica.sizeOf(name);
    return size !== undefined && size === this.#listing.sizeOf(name);
  }

  async #isWholeReplica(key: string): Promise<boolean> {
    const replica = this.#setOfReplica(key);
    if (replica === undefined || replica.signatures.length === 0) return false;
    const { to, stop } = this.#options;
    const manifest = await readManifest(to, replica, this.#replica.localNames, { signal: stop });
    const hasBytes = ({ name }: StoredFile): boolean => !this.#replica.isEmpty(name);
    return manifestFaults(replica, manifest, hasBytes).length === 0;
  }

  #setOfReplica(key: string): BackupSet | undefined {
    return this.#replica.collection.sets.find((set) => set.key === key);
  }

  async #copyChain(
    chain: readonly PlannedCopy[],
    { run, maker, memory }: { run: CopyRun; maker: VolumeMaker; memory: ReplicaMemory },
  ): Promise<void> {
    const { from, rewriting, stop, report } = this.#options;
    let before: { set: BackupSet; checked?: CheckedSet; base?: SetBase } | undefined;
    for (const { set, isThere } of chain) {
      stop.throwIfAborted();
      if (isThere) {
        if (rewriting === undefined) await copyAddedIndexes(run, set);
        before = { set };
        continue;
      }
      try {
        const { listing, signal } = run;
        const how = { listing, signal };
        const base =
          before &&
          (before.checked ?? (await checkSet(from, before.set, { ...how, base: undefined })));
        const checked = await checkSet(from, set, { ...how, base });
        await memory.add(set.key);
        if (rewriting === undefined) {
          this.#done(set, await copySet(run, checked));
          before = { set, checked };
        } else {
          const baseThere = before && (before.base ?? (await this.#baseThere(before.set)));
          const written = await rewriteSet({ ...run, rewriting, maker }, checked, baseThere);
          this.#done(set, written);
          before = { set, checked, base: written.base };
        }
      } catch (error) {
        stop.throwIfAborted();
        if (!isDuplifsError(error) || !codesOfSets.has(error.code)) throw error;
        const reason = errorText(error);
        report({ level: 'error', code: 'set-not-replicated', setKey: set.key, reason });
        this.#failed.push({ key: set.key, error });
        return; // what builds on it cannot be restored without it
      }
    }
  }

  /** A set that the replica had already, as what is laid on it is bound to it. */
  async #baseThere({ key }: BackupSet): Promise<SetBase> {
    const replica = this.#setOfReplica(key);
    if (replica === undefined)
      throw new DuplifsError('FILE_MISSING', `The replica lacks set ${key}`);
    const { to, stop } = this.#options;
    const manifest = await readManifest(to, replica, this.#replica.localNames, { signal: stop });
    return { setKey: key, volumesDigest: volumesDigest(manifest.volumes) };
  }

  #done({ key, times }: BackupSet, { files, bytes }: PutFiles): void {
    this.#copied.push({ key, kind: times.kind, files, bytes });
    this.#options.report({ level: 'notice', code: 'set-replicated', setKey: key, files, bytes });
  }

  #asStored(set: BackupSet): ReplicatedSet {
    const files = filesOf(set);
    const bytes = files.reduce((sum, { name }) => sum + (this.#listing.sizeOf(name) ?? 0), 0);
    return { key: set.key, kind: set.times.kind, files: files.length, bytes };
  }

  async #mirrorRemovals(memory: ReplicaMemory): Promise<readonly string[]> {
    const { to, deletes, stop, report } = this.#options;
    if (!deletes) return [];
    const listing = await to.list({ signal: stop });
    const removed = this.#removals(listing, memory);
    refuseLastWhole(SetStates.of(listing), removed.flat());
    await removeSets({ target: to, listing, stop, report }, removed);
    const keys = removed.flat().map(({ key }) => key);
    await memory.remove(keys);
    return keys;
  }

  #removals(replica: TargetListing, memory: ReplicaMemory): readonly (readonly BackupSet[])[] {
    const { from, deletes, report } = this.#options;
    if (!deletes) return [];
    refuseRollback(from);
    const whole = SetStates.of(this.#listing)
      .all()
      .filter(({ faults }) => faults.length === 0);
    const { refused } = this.#listing.separated;
    const files = [...this.#listing.files, ...refused.map(({ file }) => file)];
    const { removed, unknown } = planMirroredRemovals(replica.collection, {
      sourceKeys: new Set(files.map(({ times }) => setKey(times))),
      newestSourceSeconds: whole.at(-1)?.times.endSeconds,
      copied: memory.copied,
    });
    if (unknown.length > 0) {
      const setKeys = unknown.map(({ key }) => key);
      report({ level: 'warning', code: 'sets-of-others', setKeys });
    }
    return removed;
  }
}

/** A source that has lost its newest set has not lost it to retention. */
function refuseRollback({ trust, storage }: Target): void {
  if (!trust.hasLostNewest) return;
  throw new DuplifsError(
    'DAMAGED',
    `Nothing is removed: "${storage.url}" has lost the newest set that this machine has seen there`,
    { hint: 'Look why; if it may be gone, say so with --allow-rollback' },
  );
}
