/** The volumes of every set: from the catalog, or from the manifest when that was not read yet. */
import { DuplifsError } from '../base/index.js';
import { type VolumeRef } from '../volume/index.js';
import { type Connection } from './schema.js';
import { type KnownSets } from './known-sets.js';
import { readManifest, recordVolumes, type ManifestSource } from './load-manifest.js';
import { SetVolumes, volumeRef, type SetVolume } from './set-volumes.js';

export class VolumeDirectory {
  readonly #connection: Connection;
  readonly #sets: KnownSets;
  readonly #source: () => ManifestSource;
  readonly #warn: (message: string) => void;
  readonly #loaded = new Map<number, SetVolumes>();
  readonly #loading = new Map<number, Promise<SetVolumes>>();
  readonly #byId = new Map<number, SetVolume>();

  constructor(
    connection: Connection,
    sets: KnownSets,
    source: () => ManifestSource,
    warn: (message: string) => void,
  ) {
    this.#connection = connection;
    this.#sets = sets;
    this.#source = source;
    this.#warn = warn;
  }

  /** The set's volumes; its manifest is read at most once, and again after a failure. */
  async ofSet(setId: number): Promise<SetVolumes> {
    const known = this.#known(setId);
    if (known !== undefined) return known;
    let loading = this.#loading.get(setId);
    if (loading === undefined) {
      loading = this.#load(setId).finally(() => this.#loading.delete(setId));
      this.#loading.set(setId, loading);
    }
    return loading;
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
    return volumeRef(volume, this.#sets.keyOf(volume.setId));
  }

  /** Looks for the files of the sets' volumes in a new listing. */
  update(): void {
    for (const [setId, volumes] of this.#loaded) volumes.update(this.#sets.get(setId).stored);
  }

  /** What is known of the set's volumes without asking the storage. */
  known(setId: number): SetVolumes | undefined {
    return this.#known(setId);
  }

  /** Forgets sets that vanished. */
  forget(setIds: readonly number[]): void {
    for (const setId of setIds) {
      for (const { id } of this.#loaded.get(setId)?.all ?? []) this.#byId.delete(id);
      this.#loaded.delete(setId);
    }
  }

  #known(setId: number): SetVolumes | undefined {
    const loaded = this.#loaded.get(setId);
    if (loaded !== undefined) return loaded;
    const isKnown = this.#connection
      .prepare<[number], number>('SELECT volumes_known FROM sets WHERE id = ?')
      .pluck()
      .get(setId);
    if (isKnown !== 1) return undefined;
    const volumes = new SetVolumes(this.#connection, setId, this.#sets.get(setId).stored);
    for (const volume of volumes.all) this.#byId.set(volume.id, volume);
    this.#loaded.set(setId, volumes);
    return volumes;
  }

  async #load(setId: number): Promise<SetVolumes> {
    const { stored } = this.#sets.get(setId);
    const source = this.#source();
    const manifest = await readManifest(stored, source, this.#warn);
    await recordVolumes(this.#connection, setId, stored, manifest, source, this.#warn);
    const volumes = this.#known(setId);
    if (volumes === undefined) throw new DuplifsError('NO_BACKUP', 'The backup set has vanished');
    return volumes;
  }
}
