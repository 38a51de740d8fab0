/** Which of the sets in the catalog are whole: what the listing tells, and what their manifests do once they were read. */
import pMap from 'p-map';
import type { StoredFile } from '../archive/index.js';
import { errorText, isDuplifsError } from '../base/index.js';
import type { DuplifsError } from '../base/index.js';
import type { SetFault, SetState, SetStates, TargetListing } from '../target/index.js';
import { collectPiledUp } from '../threads/index.js';
import { abortable } from './abortable.js';
import type { KnownSets } from './known-sets.js';
import type { VolumeDirectory } from './volume-directory.js';

/** Manifests read at once: each is a round trip to the storage. */
const readersAtOnce = 8;

/** Each passphrase that does not fit costs some 0.1 s. After so many sets that cannot be opened no more are tried. */
const mostKeyFailures = 20;

export interface SetWholenessOptions {
  readonly known: KnownSets;
  readonly directory: VolumeDirectory;
}

export class SetWholeness {
  readonly #known: KnownSets;
  readonly #directory: VolumeDirectory;
  #listing: TargetListing | undefined;
  #states: SetStates | undefined;
  /** Sets whose manifest was read, and what it has told. */
  readonly #examined = new Map<number, readonly SetFault[]>();
  #areRowsNoted = false;

  constructor({ known, directory }: SetWholenessOptions) {
    this.#known = known;
    this.#directory = directory;
  }

  /** Takes over a new listing. What manifests have told stays known: a set with another manifest has another id. */
  update(listing: TargetListing, states: SetStates): void {
    const before = [...this.#examined];
    this.#listing = listing;
    this.#states = states;
    this.#examined.clear();
    this.#areRowsNoted = false;
    for (const [setId, faults] of before) {
      if (this.#known.find(setId) === undefined) continue;
      this.#note(setId, this.#directory.faultsOf(setId, this.#isPresent) ?? faults);
    }
  }

  /** Every set of which anything is stored, by end time, with what is known of it so far. */
  all(): readonly SetState[] {
    return this.#states?.all() ?? [];
  }

  /** Why the set is not whole, as far as that is known; none where it is. */
  faultsOf(key: string): readonly SetFault[] {
    return this.#states?.faultsOf(key) ?? [];
  }

  /** Notes what the catalog knows already of volumes that are missing, without a look at any manifest. */
  noteRows(): void {
    if (this.#areRowsNoted) return;
    this.#areRowsNoted = true;
    const missing = new Map<number, number[]>();
    for (const [setId, volume] of this.#directory.namedVolumes()) {
      const stored = this.#known.find(setId) && this.#known.get(setId).stored;
      if (stored === undefined || stored.volumes.has(volume)) continue;
      const volumes = missing.get(setId) ?? [];
      missing.set(setId, volumes);
      volumes.push(volume);
    }
    for (const [setId, volumes] of missing) {
      if (this.#examined.has(setId)) continue;
      this.#states?.note(this.#known.keyOf(setId), [{ kind: 'volumes-missing', volumes }]);
    }
  }

  /** Whether the set's manifest was read, in this run or an earlier one: then `faultsOf` knows all. */
  isExamined(setId: number): boolean {
    if (this.#examined.has(setId)) return true;
    const faults = this.#directory.faultsOf(setId, this.#isPresent);
    if (faults === undefined) return false;
    this.#note(setId, faults);
    return true;
  }

  /**
   * Reads the manifests of the sets that were not read yet. Those that cannot be opened go to `onClosed`.
   * @throws DuplifsError KEY when one cannot be opened and there is no `onClosed`, STORAGE_* when the storage fails
   */
  async examine(
    setIds: readonly number[],
    signal?: AbortSignal,
    onClosed?: (setId: number, error: DuplifsError) => void,
  ): Promise<void> {
    const left = setIds.filter((id) => !this.isExamined(id));
    let keyFailures = 0;
    let lastFailure: DuplifsError | undefined;
    const examine = async (id: number): Promise<void> => {
      signal?.throwIfAborted();
      collectPiledUp(); // of thousands of manifests
      if (keyFailures >= mostKeyFailures && lastFailure !== undefined) {
        onClosed?.(id, lastFailure);
        return;
      }
      try {
        await this.#examine(id, signal);
      } catch (error) {
        if (onClosed === undefined || !isDuplifsError(error, 'KEY')) throw error;
        keyFailures += 1;
        lastFailure = error;
        onClosed(id, error);
      }
    };
    await pMap(left, examine, { concurrency: readersAtOnce });
  }

  async #examine(setId: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await abortable(this.#directory.record(setId), signal);
      this.#note(setId, this.#directory.faultsOf(setId, this.#isPresent) ?? []);
    } catch (error) {
      if (isDuplifsError(error, 'FILE_MISSING', 'STORAGE_NOT_FOUND')) {
        this.#note(setId, [{ kind: 'manifest-missing' }]);
      } else if (isDuplifsError(error, 'DAMAGED')) {
        this.#note(setId, [{ kind: 'manifest-damaged', reason: errorText(error) }]);
      } else {
        throw error;
      }
    }
  }

  #note(setId: number, faults: readonly SetFault[]): void {
    this.#examined.set(setId, faults);
    this.#states?.note(this.#known.keyOf(setId), faults);
  }

  readonly #isPresent = ({ name }: StoredFile): boolean => this.#listing?.isEmpty(name) !== true;
}
