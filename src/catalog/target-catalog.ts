/**
 * A target's catalog with all that fills it: sets from the listing of the storage, their trees from the sigtars
 * (or, where those are missing, from the volumes), sizes and places from the volumes as they are decoded.
 *
 * Everything is done once for all who wait for it, and again by the next process if this one ends in the middle.
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { DuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { Target } from '../target/index.js';
import { VolumeStore } from '../volume/index.js';
import type { SlotFile } from '../volume/index.js';
import { Catalog } from './catalog.js';
import { catalogName } from './ids.js';
import { EntryWriter } from './entry-writer.js';
import type { CatalogEvent } from './events.js';
import { FileLocator } from './file-locator.js';
import { KnownSets } from './known-sets.js';
import { RebuiltChecks } from './rebuilt-checks.js';
import { SetLister } from './set-lister.js';
import { SetListing } from './set-listing.js';
import { TreeProof } from './tree-proof.js';
import { UnrecordedSets } from './unrecorded-sets.js';
import { VolumeCataloguer } from './volume-cataloguer.js';
import { VolumeDirectory } from './volume-directory.js';
import { VolumeReader } from './volume-reader.js';

export interface TargetCatalogOptions {
  readonly target: Target;
  /** Where the catalog lies; the target's folder in the archive dir when undefined. */
  readonly catalogFolder?: string | undefined;
  readonly slots: SlotFile;
  /** Bytes of decoded blocks kept in memory. */
  readonly memoryBytes: number;
  /** Read no block by itself: decode each volume that is touched, and hold it against its hash. */
  readonly wholeVolumes?: boolean | undefined;
  /** Note of volumes that are decoded how parts of them can be read the next time. */
  readonly seekTables: boolean;
  /** Read sets of which something is missing as far as that goes; in a catalog of its own. */
  readonly useIncomplete: boolean;
  readonly report: Report<CatalogEvent>;
}

/** What was read without a manifest never gets among what was verified. */
const incompleteCatalogName = 'duplifs-catalog-incomplete.sqlite';

export class TargetCatalog {
  /** What is known: asked without waiting. */
  readonly catalog: Catalog;
  /** The sets on the storage, and their trees. */
  readonly sets: SetListing;
  /** Where the bytes of files lie. */
  readonly files: FileLocator;
  /** The bytes of volumes. */
  readonly volumes: VolumeReader;
  /** Which volumes a set has. */
  readonly directory: VolumeDirectory;
  readonly cataloguer: VolumeCataloguer;
  /** What rebuilt files must be. */
  readonly rebuilt: RebuiltChecks;
  readonly #known: KnownSets;
  readonly #unrecorded: UnrecordedSets;
  readonly #report: TargetCatalogOptions['report'];
  readonly #store: VolumeStore;
  readonly #target: Target;
  readonly #lister: SetLister;
  readonly #closing = new AbortController();

  constructor(options: TargetCatalogOptions) {
    const { target, slots, memoryBytes, wholeVolumes, seekTables, useIncomplete, report } = options;
    const name = useIncomplete ? incompleteCatalogName : catalogName;
    const path = join(options.catalogFolder ?? target.archiveFolder, name);
    const catalog = new Catalog(path);
    const writer = new EntryWriter(catalog.connection, catalog.packed);
    const known = new KnownSets(catalog);
    const { connection } = catalog;
    const closing = this.#closing.signal;
    setMaxListeners(0, closing);
    const directory = new VolumeDirectory({
      connection,
      known,
      target,
      wholeVolumes,
      closing,
      useIncomplete,
      report,
    });
    const store = new VolumeStore({
      ...target.decode,
      storage: target.storage,
      slots,
      memoryBytes,
      observe: (volume) => this.cataloguer.observe(volume),
    });
    const filling = { catalog, writer, known, directory, report };
    const cataloguer = new VolumeCataloguer({ ...filling, store, seekTables });
    const lockPath = `${path}.lock`;
    const parts = { ...filling, cataloguer, target, closing };
    const lister = new SetLister({ ...parts, lockPath });
    this.catalog = catalog;
    this.directory = directory;
    this.cataloguer = cataloguer;
    this.sets = new SetListing({
      catalog,
      known,
      directory,
      target,
      useIncomplete,
      report,
      lister,
    });
    this.#lister = lister;
    this.files = new FileLocator({ catalog, known, directory, cataloguer, report });
    this.volumes = new VolumeReader(store, directory);
    this.rebuilt = new RebuiltChecks({ catalog, known, target, report });
    this.#known = known;
    this.#unrecorded = new UnrecordedSets({ known, directory, cataloguer });
    this.#report = report;
    this.#store = store;
    this.#target = target;
  }

  /** What tells whether the tree as of a set is what the volumes hold. */
  proofOf(setId: number): TreeProof {
    const { catalog, directory, cataloguer, files } = this;
    const [known, unrecorded] = [this.#known, this.#unrecorded];
    unrecorded.forget(); // the set may be one that is new on the storage
    const parts = { catalog, directory, cataloguer, files, known, unrecorded };
    return new TreeProof({ ...parts, report: this.#report }, setId);
  }

  /** Ends what is under way, and closes the storage and the catalog. */
  async close(): Promise<void> {
    this.#closing.abort(new DuplifsError('ABORTED', 'The backup was closed'));
    await this.rebuilt.close();
    await this.#store.close();
    await this.#lister.ended();
    await this.directory.ended();
    await this.#target.trust.save();
    await this.#target.storage.close();
    this.catalog.close();
  }
}
