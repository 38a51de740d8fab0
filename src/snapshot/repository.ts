/** One target with all its chains: what `mount`, `restore` and the lists read from. */
import { Filler } from '../catalog/index.js';
import type { CatalogSet, FillerOptions } from '../catalog/index.js';
import { Content } from '../content/index.js';
import { History } from './history.js';
import { OwnerMap } from './owners.js';
import { Snapshot } from './snapshot.js';
import type { SnapshotSources } from './snapshot.js';

export interface RepositoryOptions extends FillerOptions {
  /** Show owners by their stored numbers, whatever names this machine knows. */
  readonly numericOwner: boolean;
}

export class Repository {
  readonly history: History;
  readonly #filler: Filler;
  readonly #sources: SnapshotSources;
  readonly #snapshots = new Map<number, Snapshot>();

  private constructor(options: RepositoryOptions) {
    this.#filler = new Filler(options);
    this.#sources = {
      filler: this.#filler,
      content: new Content(this.#filler),
      owners: new OwnerMap(options.numericOwner),
    };
    this.history = new History(this.#sources, (set) => this.snapshot(set));
  }

  /** Opens a target and lists its storage. */
  static async open(options: RepositoryOptions, signal?: AbortSignal): Promise<Repository> {
    const repository = new Repository(options);
    try {
      await repository.refresh(signal);
    } catch (error) {
      await repository.close();
      throw error;
    }
    return repository;
  }

  /** Looks again for sets that appeared or vanished. */
  async refresh(signal?: AbortSignal): Promise<void> {
    await this.#filler.synchronize(signal);
    const ids = new Set(this.sets().map(({ id }) => id));
    for (const id of this.#snapshots.keys()) if (!ids.has(id)) this.#snapshots.delete(id);
  }

  /** The names on the storage as sets and chains. */
  get collection(): Filler['collection'] {
    return this.#filler.collection;
  }

  /** The sets on the storage, newest first. */
  sets(): CatalogSet[] {
    return this.#filler.sets();
  }

  snapshot(set: CatalogSet): Snapshot {
    let snapshot = this.#snapshots.get(set.id);
    if (snapshot === undefined) {
      snapshot = new Snapshot(set, this.#sources);
      this.#snapshots.set(set.id, snapshot);
    }
    return snapshot;
  }

  /** The tree as of a time in seconds; fails with NO_BACKUP before the first set. */
  at(timeSeconds: number): Snapshot {
    return this.snapshot(this.#filler.setAt(timeSeconds));
  }

  /** Reads the set's manifest, which proves that its key is at hand. */
  async prepare(set: CatalogSet, signal?: AbortSignal): Promise<void> {
    await this.#filler.prepare(set.id, signal);
  }

  /** Opens the set's stored manifest, even if the catalog knows what is in it. */
  async proveKeys(set: CatalogSet, signal?: AbortSignal): Promise<void> {
    await this.#filler.proveKeys(set.id, signal);
  }

  /** What collection-status adds: volumes that are missing, and sets of which that cannot be told. */
  async missingVolumes(signal?: AbortSignal): Promise<string[]> {
    const found = await this.#filler.missingVolumes(signal);
    return found.map(({ setKey, missing }) =>
      typeof missing === 'number'
        ? `Volume ${missing} of set ${setKey} is missing: what lies in it is lost`
        : `Whether set ${setKey} has all its volumes cannot be told: ${missing.message}`,
    );
  }

  /** The machine and folder that a prepared set was made of. */
  sourceOf(set: CatalogSet): { hostName: string; folder: string } | undefined {
    return this.#filler.catalog.sourceOf(set.id);
  }

  /** Works through all volumes that were not seen yet, so that every size is known. */
  async catalogueAll(signal: AbortSignal, onFailure: (error: unknown) => void): Promise<void> {
    await this.#filler.catalogueAll(signal, onFailure);
  }

  /** The plaintext of a stored file; not verified before it has ended. */
  decodeStored(...file: Parameters<Filler['decodeStored']>): AsyncIterable<Buffer> {
    return this.#filler.decodeStored(...file);
  }

  /** Decodes the volumes of a set and those before it in its chain that were not read whole yet, in order. */
  async decodeRest(
    set: CatalogSet,
    onFailure: (volumeName: string, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#filler.decodeRest(set.id, onFailure, signal);
  }

  async close(): Promise<void> {
    await this.#filler.close();
  }
}
