/**
 * Whether a backup is well. Without data: all that can be known without opening a volume. With it: every volume, or a
 * share of them, is fetched, decoded and verified besides.
 */
import type { ErrorCode, Report } from '../base/index.js';
import { manifestFaults, SetStates, VolumeSizes } from '../target/index.js';
import type { Target, TargetListing } from '../target/index.js';
import { checkListing } from './check-listing.js';
import { checkSet } from './check-set.js';
import type { CheckedSet, SetChecks } from './check-set.js';
import type { CheckEvent } from './events.js';
import { FileFailures } from './file-failures.js';
import { errorOf, worstOf } from './finding.js';
import type { Finding } from './finding.js';
import { inOrder } from './in-order.js';
import { VolumeReader } from './read-volumes.js';
import type { ReadProgress, ReadResult } from './read-volumes.js';
import { SetLinks } from './set-links.js';
import type { Share } from './share.js';

export interface CheckOptions {
  readonly target: Target;
  readonly listing: TargetListing;
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
  /** The newest set that this machine has seen, where that is gone (`newest-set-gone`). */
  readonly newestGone?: string | undefined;
  /** How much of the volumes is read; undefined for nothing. */
  readonly share?: Share | undefined;
  readonly report: Report<CheckEvent>;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Is given each set that has a manifest, oldest first. */
  readonly onSet?: ((set: CheckedSet) => void) | undefined;
  readonly signal: AbortSignal;
}

export interface CheckResult {
  /** Sets of which anything is stored. */
  readonly sets: number;
  readonly wholeSets: number;
  /** Bytes of all files of the target. */
  readonly storedBytes: number;
  /** How many findings amount to an error, and the worst of those errors. */
  readonly findings: number;
  readonly worst: ErrorCode | undefined;
  readonly read: ReadResult | undefined;
}

/** Sets whose files beside the volumes are read at once. */
const setsAtOnce = 4;

/**
 * Checks a target that was just listed. Each finding is reported when it is made.
 * @throws DuplifsError STORAGE when the storage fails again and again; TARGET or NO_SPACE when this machine's disk does
 */
export async function checkBackup(options: CheckOptions): Promise<CheckResult> {
  return new Checking(options).run();
}

class Checking {
  readonly #options: CheckOptions;
  readonly #failures = new FileFailures();
  readonly #states: SetStates;
  readonly #errors = new Map<ErrorCode, number>();
  /** Sets whose manifest was found to be unusable: told with the file. */
  readonly #toldManifests = new Set<string>();

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#states = SetStates.of(options.listing);
  }

  async run(): Promise<CheckResult> {
    const { target, listing, signal } = this.#options;
    const reader = this.#openReader();
    try {
      const { newestGone } = this.#options;
      if (newestGone !== undefined) this.#tell({ kind: 'newest-set-gone', setKey: newestGone });
      const readsVolumes = reader !== undefined;
      for (const finding of await checkListing({ ...this.#options, readsVolumes })) {
        this.#tell(finding);
      }
      await this.#checkSets(reader);
      const read = await reader?.finish();
      this.#tellStates();
      const { locked } = this.#failures;
      const lockedFinding = locked.findingOf(listing.collection.sets.map(({ key }) => key));
      if (lockedFinding !== undefined) this.#tell(lockedFinding);
      signal.throwIfAborted();
      await target.trust.save();
      const states = this.#states.all();
      return {
        sets: states.length,
        wholeSets: states.filter(({ key, faults }) => faults.length === 0 && !locked.has(key))
          .length,
        storedBytes: listing.stored.reduce((sum, { size }) => sum + size, 0),
        findings: [...this.#errors.values()].reduce((sum, count) => sum + count, 0),
        worst: worstOf([...this.#errors.keys()]),
        read,
      };
    } finally {
      await reader?.close();
    }
  }

  #openReader(): VolumeReader | undefined {
    const { share, report, onProgress } = this.#options;
    if (share === undefined) return undefined;
    const reader = new VolumeReader({
      ...this.#options,
      share,
      failures: this.#failures,
      onFindings: (findings) => {
        for (const finding of findings) this.#tell(finding);
      },
      onProgress: onProgress ?? (() => undefined),
    });
    const { resumedSeconds: startedSeconds, bytesResumed: bytesRead } = reader;
    if (startedSeconds !== undefined) {
      report({ level: 'notice', code: 'check-resumed', startedSeconds, bytesRead });
    }
    return reader;
  }

  async #checkSets(reader: VolumeReader | undefined): Promise<void> {
    const { target, listing, share, signal, onSet } = this.#options;
    const sizes = await VolumeSizes.open(target.archiveFolder);
    const failures = this.#failures;
    const wantsPlaces = share !== undefined;
    const checks: SetChecks = { target, listing, sizes, failures, wantsPlaces, signal };
    const links = new SetLinks(listing.collection);
    const { sets } = listing.collection;
    const complete = sets.filter((set) => set.complete);
    for await (const checked of inOrder(complete, setsAtOnce, (set) => checkSet(checks, set))) {
      for (const finding of [...checked.findings, ...links.check(checked)]) this.#tell(finding);
      this.#note(checked);
      onSet?.(checked);
      await reader?.add(checked);
    }
    await sizes.save(listing.wholeKeys);
  }

  /** Takes over what the manifest has told. */
  #note({ set, manifest, findings }: CheckedSet): void {
    const { listing } = this.#options;
    if (manifest !== undefined) {
      const faults = manifestFaults(set, manifest, ({ name }) => !listing.isEmpty(name));
      this.#states.note(set.key, faults);
      return;
    }
    for (const finding of findings) {
      if (finding.kind !== 'file-unusable' || finding.file !== 'manifest') continue;
      this.#toldManifests.add(set.key);
      const { error, reason } = finding;
      if (error === 'SIGNATURE') this.#states.note(set.key, [{ kind: 'refused' }]);
      else this.#states.note(set.key, [{ kind: 'manifest-damaged', reason }]);
    }
  }

  #tellStates(): void {
    for (const { key: setKey, faults } of this.#states.all()) {
      for (const fault of faults) {
        const isTold =
          this.#toldManifests.has(setKey) &&
          (fault.kind === 'manifest-damaged' || fault.kind === 'refused');
        if (!isTold) this.#tell({ kind: 'set-faulty', setKey, fault });
      }
    }
  }

  #tell(finding: Finding): void {
    const error = errorOf(finding);
    if (error !== undefined) this.#errors.set(error, (this.#errors.get(error) ?? 0) + 1);
    const level = error === undefined ? 'notice' : 'warning';
    this.#options.report({ level, code: 'check-finding', finding });
  }
}
