/** Catalogues volumes: decodes those that were not yet, and has what streams by written down. */
import type { Report } from '../base/index.js';
import type { DecodePriority, VolumeRef, VolumeStore } from '../volume/index.js';
import { abortable } from './abortable.js';
import type { EntryWriter } from './entry-writer.js';
import type { CatalogEvent } from './events.js';
import type { Connection } from './schema.js';
import type { SetVolume } from './set-volumes.js';
import type { VolumeDirectory } from './volume-directory.js';
import { VolumeRecorder } from './volume-recorder.js';

export interface VolumeCataloguerOptions {
  readonly connection: Connection;
  readonly writer: EntryWriter;
  readonly directory: VolumeDirectory;
  readonly store: VolumeStore;
  readonly report: Report<CatalogEvent>;
}

export class VolumeCataloguer {
  readonly #options: VolumeCataloguerOptions;

  constructor(options: VolumeCataloguerOptions) {
    this.#options = options;
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

  /** For the volume store: who watches a volume that is being decoded. */
  observe({ id }: VolumeRef): VolumeRecorder | undefined {
    const { directory } = this.#options;
    const { volume, siblings } = directory.find(id);
    if (volume.catalogued) return undefined;
    const policy = directory.policy(volume.setId);
    return new VolumeRecorder({ ...this.#options, volume, volumes: siblings, policy });
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
