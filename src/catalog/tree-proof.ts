/**
 * Whether a snapshot's tree is what its volumes hold. What a sigtar says of a path is a hint: a newer set of the chain
 * may hold another version that its sigtar does not tell of, or the set itself may not hold it at all. So a path is
 * proven once the volumes that can hold it were recorded, in each set from the newest down to the one that has it.
 *
 * A volume that is damaged or gone cannot refute anything: what only lies in it cannot be had, and for all else the
 * signatures are believed, with a warning.
 */
import { LRUCache } from 'lru-cache';
import { errorText, splitPath } from '../base/index.js';
import type { Report } from '../base/index.js';
import { abortable } from './abortable.js';
import type { Catalog } from './catalog.js';
import type { CatalogEntry } from './entry.js';
import type { CatalogEvent } from './events.js';
import type { FileLocator } from './file-locator.js';
import type { KnownSets } from './known-sets.js';
import { isLasting } from './lasting-failure.js';
import { fullIdOf, rootId } from './schema.js';
import type { SetVolume } from './set-volumes.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';
import { WalkProof } from './walk-proof.js';

export interface TreeProofParts {
  readonly catalog: Catalog;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
  readonly files: FileLocator;
  readonly report: Report<CatalogEvent>;
}

/** Paths that are remembered to be proven. */
const maxProven = 100_000;

export class TreeProof {
  readonly #parts: TreeProofParts;
  readonly #setId: number;
  readonly #proven = new LRUCache<number, true>({ max: maxProven });
  readonly #unreadable = new Set<number>();
  #isWhole = false;
  #seenChanges = -1;
  #seenResets = 0;

  /** Of the tree as of the set, which must be listed. */
  constructor(parts: TreeProofParts, setId: number) {
    this.#parts = parts;
    this.#setId = setId;
  }

  /** Rises whenever what was read of the tree may be old. */
  get changes(): number {
    return this.#parts.cataloguer.changes;
  }

  /** Whether every volume that can tell of the tree was recorded. */
  get isWhole(): boolean {
    const { cataloguer } = this.#parts;
    if (this.#seenChanges !== this.changes) {
      this.#seenChanges = this.changes;
      this.#isWhole = !this.#isVolumeUnknown();
      if (this.#seenResets !== cataloguer.resets) this.#proven.clear();
      this.#seenResets = cataloguer.resets;
    }
    return this.#isWhole;
  }

  /** Whether the entry need not be proven any more. */
  isProven(entry: CatalogEntry): boolean {
    return entry.proven && (this.isWhole || this.#proven.has(entry.id));
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
    const nameId = this.#idOf(path);
    if (nameId !== undefined) this.#proven.set(nameId, true);
  }

  /** For who walks through the tree below `start` in the order of the format. */
  walk(start: string): WalkProof {
    return new WalkProof(this.#parts, this.#setId, start);
  }

  async #look(setId: number, path: string, signal: AbortSignal | undefined): Promise<void> {
    const { directory, cataloguer } = this.#parts;
    const volumes = await abortable(directory.ofSet(setId), signal);
    for (const volume of volumes.covering(path)) {
      if (this.#unreadable.has(volume.id)) continue;
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

  #isVolumeUnknown(): boolean {
    const query = (sql: string): unknown =>
      this.#parts.catalog.connection
        .prepare(`${sql} LIMIT 1`)
        .get(fullIdOf(this.#setId), this.#setId);
    return (
      query('SELECT 1 FROM sets WHERE id BETWEEN ? AND ? AND volumes_known = 0') !== undefined ||
      query('SELECT 1 FROM volumes WHERE set_id BETWEEN ? AND ? AND catalogued = 0') !== undefined
    );
  }
}
