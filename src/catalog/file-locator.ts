import type { Report } from '../base/index.js';
import type { DecodePriority } from '../volume/index.js';
import { abortable } from './abortable.js';
import type { Catalog } from './catalog.js';
import { Disagreement, notInVolumes } from './disagreement.js';
import { distrustIndex } from './distrust-index.js';
import type { CatalogEvent } from './events.js';
import type { KnownSets } from './known-sets.js';
import type { VolumeCataloguer } from './volume-cataloguer.js';
import type { VolumeDirectory } from './volume-directory.js';

export interface FileLocatorOptions {
  readonly catalog: Catalog;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
  readonly report: Report<CatalogEvent>;
}

/** Finds where the bytes of a file's version lie. */
export class FileLocator {
  readonly #options: FileLocatorOptions;
  /** Whether places of the set come from an index; of all sets asked for since `#resets`. */
  readonly #fromIndex = new Map<number, boolean>();
  #resets = 0;
  /** Sets whose index was believed at first. */
  readonly #distrusted = new Set<number>();

  constructor(options: FileLocatorOptions) {
    this.#options = options;
  }

  /**
   * Decodes the volumes that can hold the path's version in the set; then the catalog has what they say of it.
   * @throws Disagreement when none of the set's volumes holds it
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
    if (this.#isLocated(setId, nameId)) return;
    throw notInVolumes(path, known.keyOf(setId), catalog.listOf(setId)?.name);
  }

  /** Whether the places of the set's files come from an index, and are to be held against the volumes' headers. */
  isFromIndex(setId: number): boolean {
    const { catalog, cataloguer } = this.#options;
    if (this.#resets !== cataloguer.resets) this.#fromIndex.clear();
    this.#resets = cataloguer.resets;
    let isFrom = this.#fromIndex.get(setId);
    if (isFrom === undefined) {
      isFrom = catalog.listOf(setId)?.source === 'index';
      this.#fromIndex.set(setId, isFrom);
    }
    return isFrom;
  }

  /** Believes the set's index no more: what it has given for the path is not there in the volume. */
  distrustIndex(setId: number, volumeId: number, path: string): void {
    const { catalog, known, directory, cataloguer, report } = this.#options;
    const name = catalog.listOf(setId)?.name ?? '';
    const { volume, siblings } = directory.find(volumeId);
    if (!distrustIndex(catalog, setId)) return;
    for (const one of siblings.all) one.catalogued = false;
    directory.forgetRefs(setId);
    cataloguer.noteReset();
    this.#distrusted.add(setId);
    const found = { setKey: known.keyOf(setId), volume: volume.name ?? '', path };
    report({ level: 'warning', code: 'index-refuted', name, ...found });
  }

  /**
   * Fails where the size that was told of a file while its set's index was believed is not the one that the volumes
   * have: who has seen the first must not be given bytes by the second.
   */
  refuseResized({
    setId,
    id,
    size,
  }: {
    setId: number;
    id: number;
    size: number | undefined;
  }): void {
    if (!this.#distrusted.has(setId)) return;
    const { catalog, known } = this.#options;
    const told = catalog.sizeLimit(setId, id);
    if (told === undefined || size === undefined || told === size) return;
    throw new Disagreement(
      `The index of set ${known.keyOf(setId)} gives "${catalog.pathOf(id)}" ${told} bytes, and its volume ${size}`,
      'Mount or restore again: the index is not believed any more',
    );
  }

  #isLocated(setId: number, nameId: number): boolean {
    const [newest] = this.#options.catalog.history(setId, nameId);
    return newest?.setId !== setId || newest.proven;
  }
}
