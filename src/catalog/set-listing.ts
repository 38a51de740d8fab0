/** The sets on the storage, and their trees: listed from the storage, and listed into the catalog. */
import { selectSets, usableSets } from '../archive/index.js';
import type { BackupSet, Collection, StoredFile } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import type { Target, TargetListing } from '../target/index.js';
import { abortable } from './abortable.js';
import type { Catalog, CatalogSet } from './catalog.js';
import type { KnownSets } from './known-sets.js';
import { policyOf } from './proof-policy.js';
import type { ProofPolicy } from './proof-policy.js';
import type { SetLister } from './set-lister.js';
import { synchronizeSets } from './synchronize.js';
import type { VolumeDirectory } from './volume-directory.js';

const manifestsAtOnce = 8;
/** Manifests that are tried to tell which sets can be read: some 0.1 s each and for each passphrase. */
const mostTries = 32;

export interface SetListingOptions {
  readonly catalog: Catalog;
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
  readonly lister: SetLister;
  readonly target: Target;
}

export class SetListing {
  readonly #options: SetListingOptions;
  #collection: Collection | undefined;
  /** Sets whose whole chain up to them was found to be listed. */
  readonly #complete = new Set<number>();

  constructor(options: SetListingOptions) {
    this.#options = options;
  }

  /** Lists the storage and brings the catalog's sets up to date with it. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { catalog, known, directory, lister, target } = this.#options;
    const listing = await target.list({ signal });
    const { collection } = listing;
    if (collection.sets.every(({ complete }) => !complete)) refuseUnprotected(listing);
    const chains = collection.chains.map((chain) => usableSets(chain));
    const fingerprint = (set: BackupSet): string =>
      set.manifests.map(({ name }) => `${name} ${String(listing.sizeOf(name))}`).join('\n');
    const policy = (set: BackupSet): ProofPolicy => policyOf(target, set.times);
    const identity = { fingerprint, policy };
    const ids = await synchronizeSets(catalog.connection, chains, identity, signal);
    directory.forget(known.update(ids, chains.flat(), this.#usableLocalNames(listing.localNames)));
    directory.update();
    lister.refresh();
    this.#complete.clear();
    this.#collection = collection;
  }

  /** Local copies may be older than a demand for signatures, and carry none: then what is stored is read. */
  #usableLocalNames(localNames: ReadonlySet<string>): ReadonlySet<string> {
    return this.#options.target.decode.signKey === undefined ? localNames : new Set();
  }

  /** What the storage held when it was last listed. */
  get collection(): Collection {
    if (this.#collection === undefined) throw new Error('refresh comes first');
    return this.#collection;
  }

  /** The sets on the storage, newest first. */
  newestFirst(): readonly CatalogSet[] {
    return this.#options.known.newestFirst();
  }

  /**
   * The set whose tree is the one of a time, in seconds (docs/format/1-bytes.md 2).
   * @throws DuplifsError NO_BACKUP before the first set
   */
  at(timeSeconds: number): CatalogSet {
    const key = selectSets(this.collection, timeSeconds).sets.at(-1)?.key;
    const set = this.newestFirst().find((known) => known.key === key);
    if (set === undefined) throw new DuplifsError('NO_BACKUP', 'No backup set at that time');
    return set;
  }

  /** The ids of the sets of the chain up to a set, by time. */
  upTo(setId: number): readonly number[] {
    return this.#options.known.upTo(setId);
  }

  /** The set as messages call it. */
  keyOf(setId: number): string {
    return this.#options.known.keyOf(setId);
  }

  /** Whether the tree as of the set is complete, so that `list` need not be waited for. */
  isListed(setId: number): boolean {
    if (this.#complete.has(setId)) return true;
    const { known, lister } = this.#options;
    if (known.find(setId) === undefined) return false;
    const upTo = known.upTo(setId);
    if (!upTo.every((id) => lister.isListed(id))) return false;
    for (const id of upTo) this.#complete.add(id);
    return true;
  }

  /** Makes the tree as of the set complete, but for sizes. */
  async list(setId: number, signal?: AbortSignal): Promise<void> {
    const { known, lister } = this.#options;
    known.get(setId);
    if (this.isListed(setId)) return;
    for (const id of known.upTo(setId)) {
      if (lister.isListed(id)) continue;
      await abortable(lister.list(id), signal);
    }
  }

  /** Reads the set's manifest, which proves that its key is at hand. */
  async prepare(setId: number, signal?: AbortSignal): Promise<void> {
    await abortable(this.#options.directory.ofSet(setId), signal);
  }

  /** Opens the set's stored manifest, whatever is known of it here. */
  async proveKeys(setId: number, signal?: AbortSignal): Promise<void> {
    await abortable(this.#options.directory.proveKeys(setId), signal);
  }

  /** Opens the stored manifests of sets, but for those that were opened before. KEY when one cannot be opened. */
  async proveSets(ids: Iterable<number>, signal?: AbortSignal): Promise<void> {
    const { directory } = this.#options;
    const unproven = [...ids].filter((id) => !directory.isProven(id));
    for (let at = 0; at < unproven.length; at += manifestsAtOnce) {
      const some = unproven.slice(at, at + manifestsAtOnce);
      await Promise.all(some.map((id) => this.proveKeys(id, signal)));
    }
  }

  /**
   * The sets whose trees can be read with what is at hand, newest first, and whether that is all that can be told.
   * Nobody is asked, and only so many manifests are tried.
   */
  async readable(
    signal?: AbortSignal,
  ): Promise<{ readonly sets: readonly CatalogSet[]; readonly isWhole: boolean }> {
    const { directory, known, target } = this.#options;
    const keyring = target.decode.keyring.withoutAsking();
    const quiet = target.openedWith(keyring);
    const isReadable = new Map<number, boolean>();
    let triesLeft = mostTries;
    const opens = async (id: number): Promise<boolean> => {
      if (directory.isProven(id)) return true;
      triesLeft -= 1;
      if (triesLeft < 0) return false;
      try {
        await abortable(directory.proveKeys(id, quiet), signal);
        return true;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isDuplifsError(error)) throw error;
        return false;
      }
    };
    try {
      for (const { id } of known.newestFirst()) {
        let isSoFar = true;
        for (const before of known.upTo(id)) {
          isSoFar = isReadable.get(before) ?? (isSoFar && (await opens(before)));
          isReadable.set(before, isSoFar);
        }
      }
    } finally {
      keyring.wipe();
    }
    const sets = known.newestFirst().filter(({ id }) => isReadable.get(id));
    return { sets, isWhole: triesLeft >= 0 };
  }

  /** The plaintext of a stored sigtar or manifest; see decodeFile for when it may be trusted. */
  decodeStored(file: StoredFile, signal?: AbortSignal): AsyncIterable<Buffer> {
    return this.#options.target.decodeMetadata(file, signal);
  }
}

/** Where nothing is left of a backup but what may be forged, that is the reason, and not that there is none. */
function refuseUnprotected({ separated }: TargetListing): void {
  const [first] = separated.refused;
  if (first === undefined) return;
  throw new DuplifsError(
    'SIGNATURE',
    `Nothing that is stored is as well protected as it must be: "${first.file.name}" is not encrypted`,
    { hint: 'If the backup was made so on purpose, give --allow-unprotected' },
  );
}
