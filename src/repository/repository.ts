/** One target opened for reading, with all its chains: what `mount`, `restore`, `verify` and the lists read from. */
import type { BackupSet, Collection, Manifest, StoredFile } from '../archive/index.js';
import { isDuplifsError } from '../base/index.js';
import type { DuplifsError, Report } from '../base/index.js';
import { catalogueAll, fullIdOf, SetIndexing, TargetCatalog } from '../catalog/index.js';
import type {
  CatalogEvent,
  CatalogSet,
  CatalogueAllOptions,
  CatalogueProgress,
  WantedTime,
} from '../catalog/index.js';
import { Content } from '../content/index.js';
import {
  History,
  OwnerMap,
  SharedMemory,
  Snapshot,
  Timeline,
  TreePair,
} from '../snapshot/index.js';
import type { SnapshotSources } from '../snapshot/index.js';
import type { Spool } from '../storage/index.js';
import {
  localManifestName,
  manifestFileOf,
  mirrorGapsOf,
  readLocalManifest,
  readStoredManifest,
  wasNeverFinished,
} from '../target/index.js';
import type { MirrorGap, SetFault, SetState, Target } from '../target/index.js';
import type { SlotFile } from '../volume/index.js';

export interface RepositoryParts {
  readonly target: Target;
  /** Where the catalog lies, when that is not the target's folder in the archive dir; removed at the end. */
  readonly temporary?: Spool | undefined;
  readonly slots: SlotFile;
  /** Bytes of decoded volumes kept in memory. */
  readonly memoryBytes: number;
  readonly wholeVolumes: boolean | undefined;
  /** Whether to note how parts of volumes of other programs can be read the next time. */
  readonly seekTables: boolean;
  /** Read what is left of sets of which something is missing. */
  readonly useIncomplete: boolean;
  readonly numericOwner: boolean;
  readonly report: Report<CatalogEvent>;
}

/** A tree to use, and whether it is less than what was asked for. */
export interface ChosenSnapshot {
  readonly snapshot: Snapshot;
  /** Whether the tree is less, or older, than what the newest set or that of the time held. What is missing was reported. */
  readonly isLess: boolean;
}

/** A set, or what is left of one. */
export interface ListedSet {
  readonly key: string;
  readonly endSeconds: number;
  /** Undefined where its tree cannot be known. */
  readonly set: CatalogSet | undefined;
  /** Whether nothing is known to be missing of it. */
  readonly isWhole: boolean;
}

export class Repository {
  /** Every path that ever was, with all its versions. */
  readonly history: History;
  /** What indexes of sets are made from. @internal */
  readonly indexing: SetIndexing;
  readonly #parts: TargetCatalog;
  readonly #target: Target;
  readonly #temporary: Spool | undefined;
  readonly #sources: SnapshotSources;
  readonly #snapshots = new Map<number, Snapshot>();

  /** For openRepository. @internal */
  constructor(parts: RepositoryParts) {
    this.#temporary = parts.temporary;
    this.#target = parts.target;
    this.#parts = new TargetCatalog({ ...parts, catalogFolder: parts.temporary?.folder });
    const { catalog, sets, files, volumes } = this.#parts;
    this.#sources = {
      catalog,
      sets,
      content: new Content({ catalog, sets, files, volumes, readsDeltas: parts.wholeVolumes }),
      owners: new OwnerMap(parts.numericOwner),
      rebuilt: this.#parts.rebuilt,
      memory: new SharedMemory(),
      proofOf: (setId) => this.#parts.proofOf(setId),
    };
    this.history = new History(this.#sources);
    this.indexing = new SetIndexing(this.#parts, this.#sources.content);
  }

  /** Looks again for sets that appeared or vanished. */
  async refresh(signal?: AbortSignal): Promise<void> {
    await this.#parts.sets.refresh(signal);
    const ids = new Set(this.sets().map(({ id }) => id));
    for (const id of this.#snapshots.keys()) if (!ids.has(id)) this.#snapshots.delete(id);
  }

  /** The names on the storage as sets and chains. */
  get collection(): Collection {
    return this.#parts.sets.collection;
  }

  /** What the storage held when it was last listed, in bytes. */
  get storedBytes(): number {
    return this.#parts.sets.storedBytes;
  }

  /** In what the storages of a mirror differ; nothing for other storages. */
  mirrorGaps(): MirrorGap[] {
    return mirrorGapsOf(this.#target);
  }

  /**
   * All sets as one line of time; lists their trees. Sets whose trees cannot be known, or not with what is at hand, go to
   * `onFailure` with those that build on them, and are not part of it.
   */
  async timeline(
    onFailure: (setKeys: readonly string[], error: DuplifsError) => void,
    signal?: AbortSignal,
  ): Promise<Timeline> {
    const { sets } = this.#parts;
    // many at once; what cannot be opened is told when the set is listed
    await sets.examineAll(() => undefined, signal);
    const listed: CatalogSet[] = [];
    const failed = new Map<number, { readonly keys: string[]; readonly error: DuplifsError }>();
    for (const set of sets.newestFirst().toReversed()) {
      const chain = fullIdOf(set.id);
      const before = failed.get(chain);
      if (before !== undefined) {
        before.keys.push(set.key);
        continue;
      }
      try {
        await sets.list(set.id, signal);
        listed.push(set);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isUnreadable(error)) throw error;
        failed.set(chain, { keys: [set.key], error });
      }
    }
    for (const { keys, error } of failed.values()) onFailure(keys, error);
    const told = new Set([...failed.values()].flatMap(({ keys }) => keys));
    for (const { key, set } of this.listedSets()) {
      if (set === undefined && !told.has(key)) onFailure([key], this.whyHidden(key));
    }
    return new Timeline(this.#sources, listed);
  }

  /** Two trees side by side; both must be loaded. */
  pair(before: Snapshot, after: Snapshot): TreePair {
    return new TreePair(before, after, this.#sources);
  }

  /** The sets on the storage whose trees can be known, newest first. */
  sets(): readonly CatalogSet[] {
    return this.#parts.sets.newestFirst();
  }

  /** The tree as of a set; `load` it before anything is asked. */
  snapshot(set: CatalogSet): Snapshot {
    let snapshot = this.#snapshots.get(set.id);
    if (snapshot === undefined) {
      snapshot = new Snapshot(set, this.#sources);
      this.#snapshots.set(set.id, snapshot);
    }
    return snapshot;
  }

  /**
   * The tree as of a time in seconds since the epoch.
   * @throws DuplifsError NO_BACKUP before the first set; FILE_MISSING or DAMAGED when the tree of that time cannot be known
   */
  at(timeSeconds: number): Snapshot {
    return this.snapshot(this.#parts.sets.at(timeSeconds));
  }

  /**
   * The tree to use: that of a time or, without one, of the newest set that is whole. Reports what it lacks, or what
   * newer sets do.
   * @throws DuplifsError as `at`, and FILE_MISSING or DAMAGED when no set is whole
   */
  async choose(wanted: WantedTime, signal?: AbortSignal): Promise<ChosenSnapshot> {
    const { set, isLess } = await this.#parts.sets.choose(wanted, signal);
    return { snapshot: this.snapshot(set), isLess };
  }

  /**
   * The newest set that is whole by what is known so far: at once where it is certain. Undefined when there is none.
   */
  newestWhole(
    nowSeconds: number,
    signal?: AbortSignal,
  ): CatalogSet | undefined | Promise<CatalogSet | undefined> {
    const { chooser } = this.#parts.sets;
    const known = chooser.newestKnown(nowSeconds);
    if (known === undefined || known.isCertain) return known?.set;
    return chooser.findNewest(nowSeconds, signal);
  }

  /** The newest set that seems whole; its manifest, and those before it in its chain, may not have been read. */
  newestKnown(nowSeconds: number): CatalogSet | undefined {
    return this.#parts.sets.chooser.newestKnown(nowSeconds)?.set;
  }

  /** Every set of which anything is left that was complete once, by end time, with what is known of it without waiting. */
  listedSets(): ListedSet[] {
    const { sets } = this.#parts;
    sets.noteRows();
    const readable = new Map(sets.newestFirst().map((set) => [set.key, set]));
    return sets.states().flatMap(({ key, times, faults }) => {
      const set = readable.get(key);
      if (set === undefined && wasNeverFinished(faults)) return [];
      return [{ key, endSeconds: times.endSeconds, set, isWhole: faults.length === 0 }];
    });
  }

  /** Why a set that has no tree has none. */
  whyHidden(key: string): DuplifsError {
    return this.#parts.sets.chooser.whyHidden(key);
  }

  /** Tells what sets newer than this one lack, as far as that is known; whether any of them was complete once. */
  reportNewer(set: CatalogSet | undefined, nowSeconds: number): boolean {
    return this.#parts.sets.chooser.reportNewer(set, nowSeconds);
  }

  /** The keys of newer sets that were complete once, or look so, and lack something. */
  newerFaulty(set: CatalogSet, nowSeconds: number): string[] {
    return this.#parts.sets.chooser.newer(set, nowSeconds).faulty.map(({ key }) => key);
  }

  /** What to say where no set is whole; undefined where nothing is left of any. */
  nothingWhole(nowSeconds: number): DuplifsError | undefined {
    return this.#parts.sets.chooser.nothingWhole(nowSeconds);
  }

  /** Every set of which anything is stored, by end time, and what is known so far to be wrong with it. */
  states(): readonly SetState[] {
    return this.#parts.sets.states();
  }

  /** The same, once all manifests were read; those that cannot be opened go to `onClosed`. */
  async examineSets(
    onClosed: (setKey: string, error: DuplifsError) => void,
    signal?: AbortSignal,
  ): Promise<readonly SetState[]> {
    return this.#parts.sets.examineAll(onClosed, signal);
  }

  /** Why the set is not whole, as far as that is known; none where it is. */
  faultsOf(set: CatalogSet): readonly SetFault[] {
    return this.#parts.sets.faultsOf(set);
  }

  /** The set's manifest with its list of changed files: the archive dir's copy where there is one. @internal */
  async manifestWithFiles(set: BackupSet, signal?: AbortSignal): Promise<Manifest> {
    const stored = manifestFileOf(set);
    const local = localManifestName(stored);
    const options = { set, signal, fileList: true };
    return set.local.some(({ name }) => name === local)
      ? readLocalManifest(this.#target, local, options)
      : readStoredManifest(this.#target, stored, options);
  }

  /** Reads the set's manifest, which proves that its key is at hand. */
  async prepare(set: CatalogSet, signal?: AbortSignal): Promise<void> {
    await this.#parts.sets.prepare(set.id, signal);
  }

  /** The full that a set is laid on, or is itself. */
  fullOf(set: CatalogSet): CatalogSet | undefined {
    const [id] = this.#parts.sets.upTo(set.id);
    return this.sets().find((one) => one.id === id);
  }

  /** Opens the set's stored manifest, even if the catalog knows what is in it. */
  async proveKeys(set: CatalogSet, signal?: AbortSignal): Promise<void> {
    await this.#parts.sets.proveKeys(set.id, signal);
  }

  /**
   * Opens what proves that the tree as of a set can be read with the keys at hand, where that is not known yet. KEY when
   * it cannot.
   *
   * @param setIds of the sets that are wanted; by default all that the tree is made of
   */
  async proveTree(
    { id }: CatalogSet,
    setIds?: Iterable<number>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { sets } = this.#parts;
    await sets.proveSets(setIds ?? sets.upTo(id), signal);
  }

  /** The sets whose trees can be read with what is at hand, newest first; not `isWhole` where many more are there. */
  async readableSets(
    signal?: AbortSignal,
  ): Promise<{ readonly sets: readonly CatalogSet[]; readonly isWhole: boolean }> {
    return this.#parts.sets.readable(signal);
  }

  /** The machine and folder that a prepared set was made of. */
  sourceOf(set: CatalogSet): { hostName: string; folder: string } | undefined {
    return this.#parts.catalog.sourceOf(set.id);
  }

  /** Works through all volumes that were not seen yet: then every size is known, and where each part lies. */
  async catalogueAll(options: CatalogueAllOptions): Promise<CatalogueProgress> {
    return catalogueAll(this.#parts, options);
  }

  /** The plaintext of a stored sigtar or manifest; not verified before it has ended. */
  decodeStored(file: StoredFile, signal?: AbortSignal): AsyncIterable<Buffer> {
    return this.#parts.sets.decodeStored(file, signal);
  }

  /** Decodes the volumes of a set and those before it in its chain that were not read whole yet, in order. */
  async decodeUnread(
    set: CatalogSet,
    onFailure: (volumeName: string, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { sets, cataloguer } = this.#parts;
    await cataloguer.decodeUnread(sets.upTo(set.id), onFailure, signal);
  }

  /** Ends what is under way, and closes the storage and the catalog. */
  async close(): Promise<void> {
    try {
      await this.#parts.close();
    } finally {
      await this.#temporary?.remove();
    }
  }
}

/** Whether a tree cannot be known, however often it is tried. */
function isUnreadable(error: unknown): error is DuplifsError {
  const lost = isDuplifsError(error, 'DAMAGED', 'FILE_MISSING', 'STORAGE_NOT_FOUND');
  return lost || isDuplifsError(error, 'KEY', 'SIGNATURE');
}
