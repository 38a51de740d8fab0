/** Catalogues volumes: decodes those that were not yet, and has what streams by written down. */
import type { Report } from '../base/index.js';
import type { DecodePriority, VolumeObserver, VolumeRef, VolumeStore } from '../volume/index.js';
import { abortable } from './abortable.js';
import type { Catalog } from './catalog.js';
import type { EntryWriter } from './entry-writer.js';
import type { CatalogEvent } from './events.js';
import { holdAgainst } from './hold-against.js';
import type { KnownSets } from './known-sets.js';
import type { SetVolume, SetVolumes } from './set-volumes.js';
import type { VolumeDirectory } from './volume-directory.js';
import { SeekTableRecorder } from './seek-table-recorder.js';
import { hasTable } from './seek-tables.js';
import { VolumeRecorder } from './volume-recorder.js';

export interface VolumeCataloguerOptions {
  readonly catalog: Catalog;
  readonly writer: EntryWriter;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly store: VolumeStore;
  /** Whether to note how parts of volumes can be read the next time. */
  readonly seekTables: boolean;
  readonly report: Report<CatalogEvent>;
}

export class VolumeCataloguer {
  readonly #options: VolumeCataloguerOptions;
  readonly #newsListeners = new Set<(path: string) => void>();
  #changes = 0;
  #resets = 0;

  constructor(options: VolumeCataloguerOptions) {
    this.#options = options;
  }

  /** Rises whenever the catalog's rows may have changed: what was read from it before may be old. */
  get changes(): number {
    return this.#changes;
  }

  /** Rises whenever volumes that were recorded are to be recorded anew. */
  get resets(): number {
    return this.#resets;
  }

  /** To be called when what was known of volumes was given up. */
  noteReset(): void {
    this.#resets += 1;
    this.#changes += 1;
  }

  /** Calls `listener` with each path that volumes hold otherwise than signatures say; returns what ends that. */
  onNews(listener: (path: string) => void): () => void {
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  }

  /** Decodes the volumes that are not catalogued yet; `observe` does the rest. */
  async catalogue(
    volumes: readonly SetVolume[],
    priority: DecodePriority,
    signal?: AbortSignal,
  ): Promise<void> {
    const { store, directory } = this.#options;
    for (const volume of volumes) {
      if (volume.catalogued) continue;
      await store.decode(directory.ref(volume), priority, signal);
    }
  }

  /** Whether what the volume holds is known, and how parts of it can be read if that can be. */
  isIndexed({ id, catalogued }: SetVolume): boolean {
    const { catalog, seekTables } = this.#options;
    return catalogued && (!seekTables || hasTable(catalog.connection, id));
  }

  /** Decodes the volume where it is not indexed. */
  async index(volume: SetVolume, signal?: AbortSignal): Promise<void> {
    if (this.isIndexed(volume)) return;
    const { store, directory } = this.#options;
    await store.decode(directory.ref(volume), 'background', signal);
  }

  /** For the volume store: who watches a volume that is being decoded. */
  observe({ id }: VolumeRef): VolumeObserver | undefined {
    const { directory, catalog, writer, report, seekTables } = this.#options;
    const { volume, siblings } = directory.find(id);
    if (this.isIndexed(volume)) return undefined;
    if (volume.catalogued) return new SeekTableRecorder(catalog.connection, volume, directory);
    const recorded = async (): Promise<void> => {
      directory.forgetRef(volume.id);
      await this.holdAgainst(volume, siblings);
    };
    const { connection } = catalog;
    const policy = directory.policy(volume.setId);
    const watched = { volume, volumes: siblings, policy, recorded, wantsSeekTable: seekTables };
    return new VolumeRecorder({ connection, writer, report, ...watched });
  }

  /** Holds the set's signatures against a volume that is in the catalog; does nothing the second time. */
  async holdAgainst(volume: SetVolume, siblings: SetVolumes): Promise<void> {
    const onNews = (path: string): void => {
      for (const listener of this.#newsListeners) listener(path);
    };
    await holdAgainst({ ...this.#options, onNews }, volume, siblings);
    this.#changes += 1;
  }

  /** Decodes those volumes of the sets that were not read whole yet, in order. */
  async decodeUnread(
    setIds: readonly number[],
    onFailure: (volumeName: string, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, directory } = this.#options;
    for (const id of setIds) {
      for (const volume of (await abortable(directory.ofSet(id), signal)).all) {
        if (store.wasVerified(volume.id)) continue;
        try {
          await store.decode(directory.ref(volume), 'reader', signal);
        } catch (error) {
          signal.throwIfAborted();
          onFailure(volume.name ?? `volume ${volume.number}`, error);
        }
      }
    }
  }
}
