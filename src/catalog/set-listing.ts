/** The sets on the storage, and their trees: listed from the storage, and listed into the catalog. */
import { tieChains, tieWithoutBase } from '../archive/index.js';
import type { BackupSet, Collection, StoredFile } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import { isTreeHidden, SetStates, wasNeverFinished } from '../target/index.js';
import type { SetFault, SetState, Target, TargetListing } from '../target/index.js';
import { abortable } from './abortable.js';
import type { Catalog, CatalogSet } from './catalog.js';
import type { CatalogEvent } from './events.js';
import type { KnownSets } from './known-sets.js';
import { policyOf } from './proof-policy.js';
import type { ProofPolicy } from './proof-policy.js';
import { SetChooser } from './set-chooser.js';
import type { ChosenSet, WantedTime } from './set-chooser.js';
import type { SetLister } from './set-lister.js';
import { SetWholeness } from './set-wholeness.js';
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
  /** Take in sets without a usable manifest or base as well (`--use-incomplete`). */
  readonly useIncomplete: boolean;
  readonly report: Report<CatalogEvent>;
}

export class SetListing {
  readonly #options: SetListingOptions;
  readonly #wholeness: SetWholeness;
  /** Which set is that of a time, and what newer ones lack. */
  readonly chooser: SetChooser;
  #collection: Collection | undefined;
  #storedBytes = 0;
  /** Sets whose whole chain up to them was found to be listed. */
  readonly #complete = new Set<number>();

  constructor(options: SetListingOptions) {
    this.#options = options;
    this.#wholeness = new SetWholeness(options);
    this.chooser = new SetChooser({ ...options, wholeness: this.#wholeness });
  }

  /** Lists the storage and brings the catalog's sets up to date with it. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { catalog, known, directory, lister, target } = this.#options;
    const listing = await target.list({ signal });
    const { collection } = listing;
    if (collection.sets.every(({ complete }) => !complete)) refuseUnprotected(listing);
    const states = SetStates.of(listing);
    const chains = this.#chainsOf(listing, states);
    const fingerprint = (set: BackupSet): string => this.#fingerprint(set, listing);
    const policy = (set: BackupSet): ProofPolicy => policyOf(target, set.times);
    const identity = { fingerprint, policy };
    const ids = await synchronizeSets(catalog.connection, chains, identity, signal);
    directory.forget(known.update(ids, chains.flat(), this.#usableLocalNames(listing.localNames)));
    directory.update();
    lister.refresh();
    this.#complete.clear();
    this.#wholeness.update(listing, states);
    this.#collection = listing.collection;
    this.#storedBytes = listing.stored.reduce((bytes, { size }) => bytes + size, 0);
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

  /** How large it was. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** The sets on the storage whose tree can be known, newest first. */
  newestFirst(): readonly CatalogSet[] {
    return this.#options.known.newestFirst();
  }

  /** Takes into `states` what the catalog knows of volumes that are missing, without a look at any manifest. */
  noteRows(): void {
    this.#wholeness.noteRows();
  }

  /** Every set of which anything is stored, by end time, and what is known so far to be wrong with it. */
  states(): readonly SetState[] {
    return this.#wholeness.all();
  }

  /** Why the set is not whole, as far as that is known. */
  faultsOf(set: Pick<CatalogSet, 'key'>): readonly SetFault[] {
    return this.#wholeness.faultsOf(set.key);
  }

  /** Whether the tree of a set is known to be one that nobody can know. */
  isHidden(set: Pick<CatalogSet, 'key'>): boolean {
    return !this.#options.useIncomplete && isTreeHidden(this.#wholeness.faultsOf(set.key));
  }

  /** Reads the manifests of the chain up to a set that were not read yet. */
  async examine(setId: number, signal?: AbortSignal): Promise<void> {
    await this.#wholeness.examine(this.upTo(setId), signal);
  }

  /**
   * Reads all manifests that were not read yet; those that cannot be opened go to `onClosed`. Of a set without any
   * volume all is known, however many its manifest names.
   */
  async examineAll(
    onClosed: (setKey: string, error: DuplifsError) => void,
    signal?: AbortSignal,
  ): Promise<readonly SetState[]> {
    const { known } = this.#options;
    const ids = known
      .newestFirst()
      .map(({ id }) => id)
      .filter((id) => known.get(id).stored.volumes.size > 0);
    await this.#wholeness.examine(ids, signal, (id, error) => {
      onClosed(known.keyOf(id), error);
    });
    return this.states();
  }

  /**
   * The set whose tree is the one of a time, in seconds (docs/format/1-bytes.md 2).
   * @throws DuplifsError NO_BACKUP before the first set; FILE_MISSING or DAMAGED when the tree of that time cannot be known
   */
  at(timeSeconds: number): CatalogSet {
    return this.chooser.at(this.collection, timeSeconds);
  }

  /** The set to use for a time, or the newest whole one; see SetChooser. */
  async choose(wanted: WantedTime, signal?: AbortSignal): Promise<ChosenSet> {
    return this.chooser.choose(this.collection, wanted, signal);
  }

  /** The ids of the sets of the chain up to a set, by time. */
  upTo(setId: number): readonly number[] {
    return this.#options.known.upTo(setId);
  }

  /** Whether there is any path of which `whyUnknown` could tell something. */
  get hasUnknown(): boolean {
    return this.#options.lister.hasUnknown;
  }

  /** Why the state of a path at a set cannot be known, when the newest version that is known is that of `versionSetId`. */
  whyUnknown(setId: number, versionSetId: number, nameId: number): DuplifsError | undefined {
    const { lister } = this.#options;
    if (!lister.hasUnknown) return undefined;
    return lister.whyUnknown(this.upTo(setId), versionSetId, nameId);
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
    const isKnown = (id: number): boolean =>
      this.#complete.has(id) || (lister.isListed(id) && this.#wholeness.isExamined(id));
    if (!upTo.every(isKnown) || this.isHidden(known.get(setId).row)) return false;
    // where a set's tree can be known, so can those of the sets before it
    for (const id of upTo) this.#complete.add(id);
    return true;
  }

  /**
   * Makes the tree as of the set complete, but for sizes.
   * @throws DuplifsError FILE_MISSING or DAMAGED when the tree cannot be known
   */
  async list(setId: number, signal?: AbortSignal): Promise<void> {
    const { known, lister } = this.#options;
    const { row } = known.get(setId);
    if (this.isListed(setId)) return;
    // before anything is waited for: the set may vanish meanwhile, which the lister notices
    const upTo = known.upTo(setId);
    await this.examine(setId, signal);
    this.chooser.refuseHidden(row.key);
    for (const id of upTo) {
      if (lister.isListed(id)) continue;
      await abortable(lister.list(id), signal);
    }
  }

  /** Reads the set's manifest, which proves that its key is at hand. */
  async prepare(setId: number, signal?: AbortSignal): Promise<void> {
    await this.#wholeness.examine([setId], signal);
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

  /** The chains whose trees can be known; each up to its first set of which that is not so. */
  #chainsOf({ collection }: TargetListing, states: SetStates): (readonly BackupSet[])[] {
    const isHidden = ({ key }: BackupSet): boolean => isTreeHidden(states.faultsOf(key));
    if (!this.#options.useIncomplete) {
      return collection.chains.map(({ sets }) => {
        const end = sets.findIndex(isHidden);
        return end === -1 ? sets : sets.slice(0, end);
      });
    }
    const replaced = new Set(collection.replaced);
    const left = collection.sets.filter(
      (set) => !replaced.has(set) && !wasNeverFinished(states.faultsOf(set.key)),
    );
    const tied = tieChains(left);
    return [...tied.chains, ...tieWithoutBase(tied.orphaned)];
  }

  /** If it changes, it is another set. */
  #fingerprint({ manifests, volumes }: BackupSet, listing: TargetListing): string {
    // what is made up from volumes changes with them
    const others = this.#options.useIncomplete ? [...volumes.values()].flat() : [];
    return [...manifests, ...others]
      .map(({ name }) => `${name} ${String(listing.sizeOf(name))}`)
      .join('\n');
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
