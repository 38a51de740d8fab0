import type { DecodePriority } from '../volume/index.js';
import { abortable } from './abortable.js';
import type { Catalog } from './catalog.js';
import type { KnownSets } from './known-sets.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';
import { missingEntry } from './volume-recorder.js';

export interface FileLocatorOptions {
  readonly catalog: Catalog;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
}

/** Finds where the bytes of a file's version lie. */
export class FileLocator {
  readonly #options: FileLocatorOptions;

  constructor(options: FileLocatorOptions) {
    this.#options = options;
  }

  /**
   * Decodes the volumes that can hold the path's version in the set; then the catalog has its size and pieces.
   * @throws DuplifsError DAMAGED when none of the set's volumes holds it
   */
  async locate(
    setId: number,
    nameId: number,
    priority: DecodePriority,
    signal?: AbortSignal,
  ): Promise<void> {
    const { catalog, known, directory, cataloguer } = this.#options;
    const path = catalog.pathOf(nameId);
    const volumes = await abortable(directory.ofSet(setId), signal);
    await cataloguer.catalogue(volumes.covering(path), priority, signal);
    if (this.#isLocated(setId, nameId)) return;
    // a volume out of order, or a manifest that lies: it may be in any other
    await cataloguer.catalogue(volumes.all, priority, signal);
    if (!this.#isLocated(setId, nameId)) throw missingEntry(path, known.keyOf(setId));
  }

  #isLocated(setId: number, nameId: number): boolean {
    const [newest] = this.#options.catalog.history(setId, nameId);
    return newest?.setId !== setId || newest.kind !== 'stored';
  }
}
