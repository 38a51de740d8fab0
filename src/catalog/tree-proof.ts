/**
 * Whether a snapshot's tree is what its volumes hold. What a sigtar says of a path is a hint: a newer set of the chain
 * may hold another version that its sigtar does not tell of, or the set itself may not hold it at all. So a path is
 * proven once the volumes that can hold it were recorded, in each set from the newest down to the one that has it.
 *
 * A volume that is damaged or gone cannot refute anything: what only lies in it cannot be had, and for all else the
 * signatures are believed, with a warning.
 */
import { errorText, splitPath } from '../base/index.js';
import type { Report } from '../base/index.js';
import { abortable } from './abortable.js';
import type { Catalog } from './catalog.js';
import type { CatalogEntry } from './entry.js';
import type { CatalogEvent } from './events.js';
import type { FileLocator } from './file-locator.js';
import type { KnownSets } from './known-sets.js';
import { isLasting } from './lasting-failure.js';
import { rootId } from './schema.js';
import type { SetVolume } from './set-volumes.js';
import type { UnrecordedSets } from './unrecorded-sets.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';
import { WalkProof } from './walk-proof.js';

export interface TreeProofParts {
  readonly catalog: Catalog;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
  readonly files: FileLocator;
  readonly unrecorded: UnrecordedSets;
  readonly report: Report<CatalogEvent>;
}

export class TreeProof {
  readonly #parts: TreeProofParts;
  readonly #setId: number;
  readonly #unreadable = new Set<number>();

  /** Of the tree as of the set, which must be listed. */
  constructor(parts: TreeProofParts, setId: number) {
    this.#parts = parts;
    this.#setId = setId;
  }

  /** Rises whenever what was read of the tree may be old. */
  get changes(): number {
    return this.#parts.cataloguer.changes;
  }

  /** Whether the entry need not be proven any more. Cheap: it is asked at each read. */
  isProven(entry: CatalogEntry): boolean {
    if (!entry.proven) return false;
    let path: string | undefined;
    for (const { id, volumes } of this.#parts.unrecorded.ofChain(this.#setId)) {
      if (id <= entry.setId) continue;
      if (id > this.#setId) break;
      path ??= this.#parts.catalog.pathOf(entry.id);
      const isKnown = volumes?.covering(path).every((volume) => this.#isSettled(volume));
      if (isKnown !== true) return false;
    }
    return true;
  }

  /**
   * Records the volumes that can tell of the path.
   * @throws Disagreement when signatures tell of it and no volume holds it, or what failed in a volume that may
   */
  async prove(path: string, signal?: AbortSignal): Promise<void> {
    const { catalog, known, files } = this.#parts;
    for (const setId of known.upTo(this.#setId).toReversed()) {
      const nameId = this.#idOf(path);
      const [newest] = nameId === undefined ? [] : catalog.history(this.#setId, nameId);
      if (nameId !== undefined && newest?.setId === setId) {
        await files.locate(setId, nameId, 'reader', signal);
        if (catalog.history(this.#setId, nameId)[0]?.setId === setId) break;
      } else if (newest !== undefined && newest.setId > setId) {
        break;
      } else {
        await this.#look(setId, path, signal);
      }
    }
    this.#parts.unrecorded.forget(); // manifests were read, too
  }

  /** For who walks through the tree below `start` in the order of the format. */
  walk(start: string): WalkProof {
    return new WalkProof(this.#parts, this.#setId, start);
  }

  async #look(setId: number, path: string, signal: AbortSignal | undefined): Promise<void> {
    const { directory, cataloguer } = this.#parts;
    const volumes = await abortable(directory.ofSet(setId), signal);
    for (const volume of volumes.covering(path)) {
      if (this.#isSettled(volume)) continue;
      try {
        await cataloguer.catalogue([volume], 'reader', signal);
      } catch (error) {
        if (!isLasting(error)) throw error;
        this.#tell(volume, error);
      }
    }
  }

  #tell(volume: SetVolume, error: unknown): void {
    this.#unreadable.add(volume.id);
    const setKey = this.#parts.known.keyOf(volume.setId);
    const reason = errorText(error);
    this.#parts.report({ level: 'warning', code: 'volume-not-held-against', setKey, reason });
  }

  #idOf(path: string): number | undefined {
    let id: number | undefined = rootId;
    for (const name of splitPath(path)) {
      if (id !== undefined) id = this.#parts.catalog.nameBelow(id, name);
    }
    return id;
  }

  /** Whether nothing more can be learned from the volume. */
  #isSettled({ id, catalogued }: SetVolume): boolean {
    return catalogued || this.#unreadable.has(id);
  }
}
