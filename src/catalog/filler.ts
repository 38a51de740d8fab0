/**
 * Keeps a catalog filled: sets from the listing of the storage, their trees from the sigtars (or, where
 * those are missing, from the volumes), sizes and places from the volumes as they are decoded.
 *
 * Everything is done once for all who wait for it, and again by the next process if this one ends in the
 * middle.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { collect, selectSets, usableSets } from '../archive/index.js';
import type { BackupSet, Collection, NamePrefixes, StoredFile } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import type { Storage } from '../storage/index.js';
import { decodeFile, VolumeStore } from '../volume/index.js';
import type { SlotFile, DecodeOptions, DecodePriority, VolumeRef } from '../volume/index.js';
import { abortable } from './abortable.js';
import { Catalog } from './catalog.js';
import type { CatalogSet } from './catalog.js';
import { EntryWriter } from './entry-writer.js';
import { KnownSets } from './known-sets.js';
import { SetLister } from './set-lister.js';
import type { SetVolume } from './set-volumes.js';
import { synchronizeSets } from './synchronize.js';
import { VolumeDirectory } from './volume-directory.js';
import { missingEntry, VolumeRecorder } from './volume-recorder.js';

export interface FillerOptions {
  readonly storage: Storage;
  /** The target's folder in the archive dir: duplicity's local copies, and the catalog. */
  readonly archiveFolder: string;
  readonly prefixes: NamePrefixes;
  readonly decode: Omit<DecodeOptions, 'signal'>;
  readonly arena: SlotFile;
  /** Bytes of decoded blocks kept in memory. */
  readonly memoryBytes: number;
  /** Read no block by itself: decode each volume that is touched, and hold it against its hash. */
  readonly wholeVolumes?: boolean | undefined;
  readonly warn: (message: string) => void;
}

const catalogName = 'duplifs-catalog.sqlite';

export class Filler {
  readonly catalog: Catalog;
  readonly volumes: VolumeStore;
  readonly #options: FillerOptions;
  readonly #writer: EntryWriter;
  readonly #sets: KnownSets;
  readonly #directory: VolumeDirectory;
  readonly #lister: SetLister;
  #collection: Collection | undefined;
  /** Sets whose whole chain up to them was found to be listed. */
  readonly #complete = new Set<number>();

  constructor(options: FillerOptions) {
    const { storage, archiveFolder, decode, warn } = options;
    this.#options = options;
    this.catalog = new Catalog(join(archiveFolder, catalogName));
    this.#writer = new EntryWriter(this.catalog.connection);
    this.#sets = new KnownSets(this.catalog);
    this.#directory = new VolumeDirectory(
      this.catalog.connection,
      this.#sets,
      () => ({ storage, archiveFolder, localNames: this.#sets.localNames, decode }),
      warn,
    );
    this.#lister = new SetLister({
      ...options,
      catalog: this.catalog,
      writer: this.#writer,
      sets: this.#sets,
      lockPath: join(archiveFolder, `${catalogName}.lock`),
      volumesOf: async (setId) => (await this.#directory.ofSet(setId)).all,
      knownVolumes: (setId) => this.#directory.known(setId)?.all ?? [],
      forgetRefs: (setId) => {
        this.#directory.forgetRefs(setId);
      },
      keepSessionKey: (volumeId, key) => {
        this.#directory.keepSessionKey(volumeId, key);
      },
      catalogue: (volumes) => this.#catalogue(volumes, 'reader'),
    });
    this.volumes = new VolumeStore({
      ...decode,
      storage,
      slots: options.arena,
      memoryBytes: options.memoryBytes,
      observe: (volume) => this.#observe(volume),
    });
  }

  /** Ends what is under way, and closes the storage and the catalog. */
  async close(): Promise<void> {
    await this.volumes.close();
    await this.#options.storage.close();
    this.catalog.close();
  }

  /** Lists the storage and brings the catalog's sets up to date with it. */
  async synchronize(signal?: AbortSignal): Promise<Collection> {
    const { storage, archiveFolder, prefixes } = this.#options;
    const objects = await storage.list(signal);
    const local = await namesIn(archiveFolder);
    const sizes = new Map(objects.map(({ name, size }) => [name, size]));
    const collection = collect({
      stored: objects.map(({ name }) => name),
      local,
      prefixes,
    });
    const chains = collection.chains.map((chain) => usableSets(chain));
    const fingerprint = (set: BackupSet): string =>
      set.manifests.map(({ name }) => `${name} ${String(sizes.get(name))}`).join('\n');
    const ids = await synchronizeSets(this.catalog.connection, chains, fingerprint, signal);
    this.#directory.forget(this.#sets.update(ids, chains.flat(), local));
    this.#directory.update();
    this.#lister.refresh();
    this.#complete.clear();
    this.#collection = collection;
    return collection;
  }

  /** What the storage held when it was last listed. */
  get collection(): Collection {
    if (this.#collection === undefined) throw new Error('synchronize comes first');
    return this.#collection;
  }

  /** The set whose tree is the one of a time, in seconds (docs/format/1-bytes.md 2). */
  setAt(timeSeconds: number): CatalogSet {
    const key = selectSets(this.collection, timeSeconds).sets.at(-1)?.key;
    const set = this.sets().find((known) => known.key === key);
    if (set === undefined) throw new DuplifsError('NO_BACKUP', 'No backup set at that time');
    return set;
  }

  /** The sets on the storage, newest first. */
  sets(): CatalogSet[] {
    return this.#sets.newestFirst();
  }

  /** Reads the set's manifest, which proves that its key is at hand. */
  async prepare(setId: number, signal?: AbortSignal): Promise<void> {
    await abortable(this.#directory.ofSet(setId), signal);
  }

  /** Opens the set's stored manifest, whatever is known of it here. */
  async proveKeys(setId: number, signal?: AbortSignal): Promise<void> {
    await abortable(this.#directory.proveKeys(setId), signal);
  }

  /** Whether the tree as of the set is complete, so that `list` need not be waited for. */
  isListed(setId: number): boolean {
    if (this.#complete.has(setId)) return true;
    const isComplete =
      this.#sets.find(setId) !== undefined &&
      this.#sets.upTo(setId).every((id) => this.#lister.isListed(id));
    if (isComplete) this.#complete.add(setId);
    return isComplete;
  }

  /** Makes the tree as of the set complete, but for sizes. */
  async list(setId: number, signal?: AbortSignal): Promise<void> {
    this.#sets.get(setId);
    for (const id of this.#sets.upTo(setId)) {
      await abortable(this.#lister.list(id), signal);
    }
  }

  /** Finds the bytes of the path's version in the set: decodes the volumes that can hold them. */
  async locate(
    setId: number,
    nameId: number,
    priority: DecodePriority,
    signal?: AbortSignal,
  ): Promise<void> {
    const path = this.catalog.pathOf(nameId);
    const volumes = await abortable(this.#directory.ofSet(setId), signal);
    await this.#catalogue(volumes.covering(path), priority, signal);
    if (this.#isLocated(setId, nameId)) return;
    // a volume out of order, or a manifest that lies: it may be in any other
    await this.#catalogue(volumes.all, priority, signal);
    if (!this.#isLocated(setId, nameId)) throw missingEntry(path, this.#sets.keyOf(setId));
  }

  /** The set as messages call it. */
  keyOf(setId: number): string {
    return this.#sets.keyOf(setId);
  }

  /** What to ask the volume store for. */
  volumeRef(volumeId: number): VolumeRef {
    return this.#ref(this.#directory.find(volumeId).volume);
  }

  /** The plaintext of a stored file, as the storage has it; see decodeFile for when it may be trusted. */
  decodeStored(file: StoredFile, signal?: AbortSignal): AsyncIterable<Buffer> {
    const { storage, decode } = this.#options;
    const options = { ...decode, signKey: undefined, signal };
    return decodeFile(storage, file, options);
  }

  /** Decodes the volumes of the sets up to one that were not read whole yet, in order. */
  async decodeRest(
    setId: number,
    onFailure: (volumeName: string, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (const id of this.#sets.upTo(setId)) {
      for (const volume of (await abortable(this.#directory.ofSet(id), signal)).all) {
        if (this.volumes.wasVerified(volume.id)) continue;
        try {
          await this.volumes.decode(this.#ref(volume), 'reader', signal);
        } catch (error) {
          signal.throwIfAborted();
          onFailure(volume.name ?? `volume ${volume.number}`, error);
        }
      }
    }
  }

  /**
   * Makes the volume that follows in its set ready, for a reader who will soon come to its end. What goes
   * wrong is told to whoever reads that volume.
   */
  decodeNext(volumeId: number): void {
    const { volume, siblings } = this.#directory.find(volumeId);
    const next = siblings.all.find(({ number }) => number === volume.number + 1);
    if (next?.name === undefined || next.hash === undefined) return;
    this.volumes.decodeAhead(this.#ref(next), this.#ref(volume));
  }

  /** Volumes that a manifest names and the storage does not have, and manifests that cannot be read. */
  async missingVolumes(
    signal?: AbortSignal,
  ): Promise<{ setKey: string; missing: number | DuplifsError }[]> {
    const found: { setKey: string; missing: number | DuplifsError }[] = [];
    for (const { id, key: setKey } of this.sets()) {
      try {
        const volumes = await abortable(this.#directory.ofSet(id), signal);
        for (const { name, number } of volumes.all) {
          if (name === undefined) found.push({ setKey, missing: number });
        }
      } catch (error) {
        if (!isDuplifsError(error, 'DAMAGED', 'KEY', 'FILE_MISSING')) throw error;
        found.push({ setKey, missing: error });
      }
    }
    return found;
  }

  /** Lists every set and catalogues every volume that was not yet, newest set first, one at a time. */
  async catalogueAll(signal: AbortSignal, onFailure: (error: unknown) => void): Promise<void> {
    for (const { id } of this.sets()) {
      try {
        await this.list(id, signal);
        for (const volume of (await this.#directory.ofSet(id)).all) {
          signal.throwIfAborted();
          await this.#catalogue([volume], 'background', signal).catch(onFailure);
        }
      } catch (error) {
        if (signal.aborted) return;
        onFailure(error);
      }
    }
  }

  /** Decodes the volumes that are not catalogued yet; the store's observer does the rest. */
  async #catalogue(
    volumes: readonly SetVolume[],
    priority: DecodePriority,
    signal?: AbortSignal,
  ): Promise<void> {
    for (const volume of volumes) {
      if (volume.catalogued) continue;
      await this.volumes.decode(this.#ref(volume), priority, signal);
    }
  }

  #ref(volume: SetVolume): VolumeRef {
    const ref = this.#directory.ref(volume);
    return this.#options.wholeVolumes === true ? { ...ref, table: undefined } : ref;
  }

  #observe({ id }: VolumeRef): VolumeRecorder | undefined {
    const { volume, siblings } = this.#directory.find(id);
    if (volume.catalogued) return undefined;
    const { warn } = this.#options;
    return new VolumeRecorder(this.catalog.connection, this.#writer, volume, siblings, warn);
  }

  #isLocated(setId: number, nameId: number): boolean {
    const [newest] = this.catalog.history(setId, nameId);
    return newest?.setId !== setId || newest.kind !== 'stored';
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
