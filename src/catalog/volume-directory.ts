/** The volumes of every set: from the catalog, or from the manifest when that was not read yet. */
import { LRUCache } from 'lru-cache';
import type { BackupSet, Manifest, NamedFiles, StoredFile } from '../archive/index.js';
import { DuplifsError, errorText, isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { SessionKey } from '../openpgp/index.js';
import type { VolumeRef } from '../volume/index.js';
import {
  describeFaults,
  isTreeHidden,
  localManifestName,
  manifestFaults,
  readManifest,
  rebuildManifest,
} from '../target/index.js';
import type { SetFault, Target } from '../target/index.js';
import type { CatalogEvent } from './events.js';
import { manifestKinds } from './schema.js';
import type { Connection, ManifestKind } from './schema.js';
import type { KnownSets } from './known-sets.js';
import { notePolicy, policyOf } from './proof-policy.js';
import type { ProofPolicy } from './proof-policy.js';
import { NamedVolumes } from './named-volumes.js';
import { recordVolumes } from './record-volumes.js';
import { pointsOf, tableOf } from './seek-tables.js';
import { SetVolumes, volumeRef } from './set-volumes.js';
import type { SetVolume } from './set-volumes.js';

/** Memory for tables of blocks: of a volume of 200 MiB some 30 KB. */
const maxTableBytes = 8 << 20;
/** Memory for what manifests list of sets that nobody has listed yet: of all sets of a target it is without bound. */
const maxNamedBytes = 8 << 20;
/** An object of its own, whatever its table takes. */
const bytesPerRef = 1000;

export interface VolumeDirectoryOptions {
  readonly connection: Connection;
  readonly known: KnownSets;
  readonly target: Target;
  /** Give no tables of blocks, so that each volume that is touched is decoded whole. */
  readonly wholeVolumes: boolean | undefined;
  /** Ends what is under way: the catalog is closed. */
  readonly closing: AbortSignal;
  /** Make up for a manifest that cannot be used from the volumes (`--use-incomplete`). */
  readonly useIncomplete: boolean;
  readonly report: Report<CatalogEvent>;
}

export class VolumeDirectory {
  readonly #connection: Connection;
  readonly #sets: KnownSets;
  readonly #target: Target;
  readonly #wholeVolumes: boolean;
  readonly #useIncomplete: boolean;
  readonly #report: Report<CatalogEvent>;
  readonly #closing: AbortSignal;
  readonly #named: NamedVolumes;
  readonly #loaded = new Map<number, SetVolumes>();
  readonly #recording = new Map<number, Promise<void>>();
  readonly #byId = new Map<number, SetVolume>();
  readonly #sessionKeys = new Map<number, SessionKey>();
  /** Of sets whose manifest was read, until their signatures are; of one that is forgotten it is read again. */
  readonly #namedFiles = new LRUCache<number, NamedFiles>({
    maxSize: maxNamedBytes,
    sizeCalculation: ({ bytes }) => bytes + bytesPerRef,
  });
  /** Sets whose stored manifest was opened by this process. */
  readonly #proven = new Set<number>();
  readonly #refs = new LRUCache<number, VolumeRef>({
    maxSize: maxTableBytes,
    // one of more is kept all the same: to unpack it at each read is worse
    sizeCalculation: ({ table }) =>
      Math.min(bytesPerRef + (table?.blocks.length ?? 0), maxTableBytes),
  });

  constructor(options: VolumeDirectoryOptions) {
    const { connection, known, target, wholeVolumes, useIncomplete, report } = options;
    this.#closing = options.closing;
    this.#connection = connection;
    this.#named = new NamedVolumes(connection);
    this.#useIncomplete = useIncomplete;
    this.#sets = known;
    this.#target = target;
    this.#wholeVolumes = wholeVolumes === true;
    this.#report = report;
  }

  /** The set's volumes; its manifest is read at most once, and again after a failure. */
  async ofSet(setId: number): Promise<SetVolumes> {
    const known = this.#known(setId);
    if (known !== undefined) return known;
    await this.record(setId);
    const volumes = this.#known(setId);
    if (volumes === undefined) throw new DuplifsError('NO_BACKUP', 'The backup set has vanished');
    return volumes;
  }

  /** Reads the set's manifest into the catalog where it is not there: then `faultsOf` knows all, at no memory a volume. */
  async record(setId: number): Promise<void> {
    if (this.#manifestKind(setId) !== 'unknown') return;
    let recording = this.#recording.get(setId);
    if (recording === undefined) {
      recording = this.#record(setId).finally(() => this.#recording.delete(setId));
      this.#recording.set(setId, recording);
    }
    await recording;
  }

  /** The files that a set's manifest lists, for who reads its signatures, once; undefined where none tells of them. */
  async takeNamedFiles(setId: number): Promise<NamedFiles | undefined> {
    await this.ofSet(setId);
    if (this.isRebuilt(setId)) return undefined;
    const kept = this.#namedFiles.get(setId);
    this.#namedFiles.delete(setId);
    if (kept !== undefined) return kept;
    const { stored } = this.#sets.get(setId);
    const { namedFiles } = await this.#read(stored, true);
    return namedFiles;
  }

  #read(set: BackupSet, namedFiles: boolean): Promise<Manifest> {
    const options = { signal: this.#closing, namedFiles };
    return readManifest(this.#target, set, this.#sets.localNames, options);
  }

  /** A volume by its id, with the others of its set. */
  find(volumeId: number): { readonly volume: SetVolume; readonly siblings: SetVolumes } {
    const setId =
      this.#byId.get(volumeId)?.setId ??
      this.#connection
        .prepare<[number], number>('SELECT set_id FROM volumes WHERE id = ?')
        .pluck()
        .get(volumeId);
    const siblings = setId === undefined ? undefined : this.#known(setId);
    const volume = this.#byId.get(volumeId);
    if (siblings === undefined || volume === undefined) {
      throw new DuplifsError('FILE_MISSING', 'The backup set is no longer on the storage');
    }
    return { volume, siblings };
  }

  /** What to ask the volume store for. */
  ref(volume: SetVolume): VolumeRef {
    const known = this.#refs.get(volume.id);
    if (known !== undefined && known.name === volume.name) return known;
    const reference = volumeRef(volume, this.#sets.keyOf(volume.setId));
    const table = this.#wholeVolumes
      ? undefined
      : tableOf(this.#connection, volume.id, reference.container);
    const ref: VolumeRef = {
      ...reference,
      table,
      pointsOf: table && pointsOf(this.#connection, volume.id),
      sessionKey: this.#sessionKeys.get(volume.id),
      signKey: this.#target.signKeyFor(this.#sets.get(volume.setId).stored.times),
    };
    this.#refs.set(volume.id, ref);
    return ref;
  }

  /** Keeps the session key that an index gives for a volume, in memory only. */
  keepSessionKey(volumeId: number, key: SessionKey): void {
    this.#sessionKeys.set(volumeId, key);
    this.#refs.delete(volumeId);
  }

  /** To be called when a volume's table was written. */
  forgetRef(volumeId: number): void {
    this.#refs.delete(volumeId);
  }

  /** To be called when what is known of a set's volumes was written anew. */
  forgetRefs(setId: number): void {
    for (const { id } of this.#loaded.get(setId)?.all ?? []) this.#refs.delete(id);
  }

  /** Looks for the files of the sets' volumes in a new listing. */
  update(): void {
    for (const [setId, volumes] of this.#loaded) volumes.update(this.#sets.get(setId).stored);
  }

  /** Waits until what was under way has ended, after `closing` was aborted. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#recording.values());
  }

  /** What is known of the set's volumes without asking the storage. */
  known(setId: number): SetVolumes | undefined {
    return this.#known(setId);
  }

  /** What the set lacks of what its manifest names; undefined while that was not read. */
  faultsOf(
    setId: number,
    isPresent: (file: StoredFile) => boolean,
  ): readonly SetFault[] | undefined {
    const kind = this.#manifestKind(setId);
    if (kind === 'unknown') return undefined;
    const volumes = this.#named.of(setId);
    const { stored } = this.#sets.get(setId);
    if (kind !== 'rebuilt') {
      return manifestFaults(
        stored,
        { volumes, isClosed: kind === 'closed' || undefined },
        isPresent,
      );
    }
    const unread = volumes.filter(({ hash }) => hash === undefined).map(({ number }) => number);
    const faults: SetFault[] = stored.complete
      ? [{ kind: 'manifest-damaged', reason: 'it does not name all of its volumes' }]
      : [];
    return unread.length === 0 ? faults : [...faults, { kind: 'volumes-missing', volumes: unread }];
  }

  /** Whether what is known of the set's volumes is from themselves, for want of a manifest. */
  isRebuilt(setId: number): boolean {
    return this.#manifestKind(setId) === 'rebuilt';
  }

  /** The numbers of the volumes of all sets whose manifest was read. */
  namedVolumes(): Generator<readonly [setId: number, volume: number]> {
    return this.#named.ofAll();
  }

  /** Forgets sets that vanished. */
  forget(setIds: readonly number[]): void {
    for (const setId of setIds) {
      this.forgetRefs(setId);
      for (const { id } of this.#loaded.get(setId)?.all ?? []) {
        this.#byId.delete(id);
        this.#sessionKeys.delete(id);
      }
      this.#loaded.delete(setId);
      this.#proven.delete(setId);
    }
  }

  /** Reads the manifest from the storage, whatever is known of it here: proves that it can be opened. */
  async proveKeys(setId: number, target = this.#target): Promise<void> {
    const { stored } = this.#sets.get(setId);
    await readManifest(target, stored, new Set(), { signal: this.#closing });
    this.#proven.add(setId);
  }

  /** Whether it is known that what is at hand opens the set: it was done, or needs nothing. */
  isProven(setId: number): boolean {
    const { manifests } = this.#sets.get(setId).stored;
    return this.#proven.has(setId) || manifests.every(({ container }) => container !== 'gpg');
  }

  /** What is demanded of whatever is read of a set. */
  policy(setId: number): ProofPolicy {
    return policyOf(this.#target, this.#sets.get(setId).stored.times);
  }

  #known(setId: number): SetVolumes | undefined {
    const loaded = this.#loaded.get(setId);
    if (loaded !== undefined) return loaded;
    if (this.#manifestKind(setId) === 'unknown') return undefined;
    const volumes = new SetVolumes(this.#connection, setId, this.#sets.get(setId).stored);
    for (const volume of volumes.all) this.#byId.set(volume.id, volume);
    this.#loaded.set(setId, volumes);
    return volumes;
  }

  #manifestKind(setId: number): ManifestKind {
    return manifestKinds[this.#named.kindNumber(setId) ?? 0] ?? 'unknown';
  }

  #isListed(setId: number): boolean {
    const listed = this.#connection
      .prepare<[number], number>('SELECT listed FROM sets WHERE id = ?')
      .pluck()
      .get(setId);
    return listed === 1;
  }

  async #record(setId: number): Promise<void> {
    const { stored: set } = this.#sets.get(setId);
    const { manifest, kind } = await this.#manifestOf(set);
    if (manifest.namedFiles !== undefined && !this.#isListed(setId)) {
      this.#namedFiles.set(setId, manifest.namedFiles);
    }
    const { localNames } = this.#sets;
    const isLocal = set.manifests.some((file) => localNames.has(localManifestName(file)));
    if (!isLocal && kind !== 'rebuilt') this.#proven.add(setId);
    const { storage } = this.#target;
    await this.#target.trust.save();
    notePolicy(this.#connection, setId, this.policy(setId));
    const found = { setId, set, manifest, kind };
    await recordVolumes(this.#connection, found, storage, this.#report);
  }

  async #manifestOf(set: BackupSet): Promise<{ manifest: Manifest; kind: ManifestKind }> {
    let manifest: Manifest | undefined;
    let reason: string;
    try {
      // what we wrote tells by its index
      manifest = await this.#read(set, set.index.length === 0);
      const kind = manifest.isClosed === true ? 'closed' : 'open';
      const faults = manifestFaults(set, manifest);
      if (!this.#useIncomplete || !isTreeHidden(faults)) return { manifest, kind };
      reason = describeFaults(faults);
    } catch (error) {
      const isLost = isDuplifsError(error, 'DAMAGED', 'FILE_MISSING', 'STORAGE_NOT_FOUND');
      if (!this.#useIncomplete || !isLost) throw error;
      reason = errorText(error);
    }
    const rebuilt = await rebuildManifest(this.#target, set, manifest, this.#closing);
    this.#report({ level: 'warning', code: 'set-unverified', setKey: set.key, reason });
    return { manifest: rebuilt, kind: 'rebuilt' };
  }
}
