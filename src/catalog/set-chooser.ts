/**
 * Which set's tree is that of a time. A set that is not whole is never chosen by default: the newest whole one is, and
 * whoever asked is told what newer ones lack. Who names a time gets the tree of that time or an error, never an older
 * one that is passed off as it.
 */
import { firstSetSeconds, selectSets } from '../archive/index.js';
import type { Collection } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import { describeFaults, isTreeHidden, wasNeverFinished } from '../target/index.js';
import type { SetFault, SetState } from '../target/index.js';
import type { CatalogSet } from './catalog.js';
import type { CatalogEvent } from './events.js';
import type { KnownSets } from './known-sets.js';
import type { SetWholeness } from './set-wholeness.js';

export interface SetChooserOptions {
  readonly known: KnownSets;
  readonly wholeness: SetWholeness;
  /** Choose what is newest, whatever it lacks (`--use-incomplete`). */
  readonly useIncomplete: boolean;
  readonly report: Report<CatalogEvent>;
}

export interface WantedTime {
  /** As the user gave it, in seconds since the epoch; undefined for the newest whole set. */
  readonly timeSeconds: number | undefined;
  readonly nowSeconds: number;
  /** Take the first set for a time before it, and say so. */
  readonly firstInstead?: boolean;
}

export interface ChosenSet {
  readonly set: CatalogSet;
  /** Whether the tree is less, or older, than what the newest set or that of the time held. */
  readonly isLess: boolean;
}

/** How far the clocks of two machines may differ before a set counts as one of the future. */
const clockToleranceSeconds = 600;

export class SetChooser {
  readonly #known: KnownSets;
  readonly #wholeness: SetWholeness;
  readonly #useIncomplete: boolean;
  readonly #report: Report<CatalogEvent>;

  constructor({ known, wholeness, useIncomplete, report }: SetChooserOptions) {
    this.#known = known;
    this.#wholeness = wholeness;
    this.#useIncomplete = useIncomplete;
    this.#report = report;
  }

  /**
   * The set whose tree is the one of a time (docs/format/1-bytes.md 2), by what is known so far.
   * @throws DuplifsError NO_BACKUP before the first set; FILE_MISSING, DAMAGED or SIGNATURE when the tree of that time cannot
   *   be known
   */
  at(collection: Collection, timeSeconds: number): CatalogSet {
    const hidden = this.#hiddenSince(timeSeconds);
    if (this.#useIncomplete) {
      const set = this.#known.newestFirst().find(({ endSeconds }) => endSeconds <= timeSeconds);
      if (set !== undefined) return set;
    }
    let set: CatalogSet | undefined;
    try {
      const key = selectSets(collection, timeSeconds).sets.at(-1)?.key;
      set = this.#known.newestFirst().find((known) => known.key === key);
    } catch (error) {
      throw hidden === undefined ? error : this.#hiddenError(hidden);
    }
    if (set === undefined) {
      if (hidden !== undefined) throw this.#hiddenError(hidden);
      throw new DuplifsError('NO_BACKUP', 'No backup set at that time');
    }
    if (hidden !== undefined && hidden.times.endSeconds > set.endSeconds) {
      throw this.#hiddenError(hidden);
    }
    this.refuseHidden(set.key);
    return set;
  }

  /** Fails when the set's tree cannot be known. */
  refuseHidden(key: string): void {
    if (this.#useIncomplete || !isTreeHidden(this.#wholeness.faultsOf(key))) return;
    throw this.whyHidden(key);
  }

  /** What to say of a set whose tree cannot be known. */
  whyHidden(key: string): DuplifsError {
    const state = this.#wholeness.all().find((known) => known.key === key);
    if (state !== undefined) return this.#hiddenError(state);
    return new DuplifsError('NO_BACKUP', 'The backup set is no longer on the storage');
  }

  /**
   * The set to use, with all that manifests tell. What a newer set or the one that is used lacks is reported.
   * @throws DuplifsError as `at`; FILE_MISSING or DAMAGED when no set is whole
   */
  async choose(
    collection: Collection,
    wanted: WantedTime,
    signal?: AbortSignal,
  ): Promise<ChosenSet> {
    const { timeSeconds, nowSeconds } = wanted;
    if (timeSeconds === undefined) {
      if (!this.#useIncomplete) return this.#newestWhole(collection, nowSeconds, signal);
      return this.#used(this.at(collection, nowSeconds + clockToleranceSeconds), signal);
    }
    const from = this.#fromFirst(collection, wanted) ?? timeSeconds;
    return this.#used(this.at(collection, from), signal);
  }

  /** The time of the first set, where it is to stand for times before it and does so here. */
  #fromFirst(collection: Collection, wanted: WantedTime): number | undefined {
    const { timeSeconds, firstInstead = false } = wanted;
    const firstSeconds = firstInstead ? firstSetSeconds(collection) : undefined;
    if (timeSeconds === undefined || firstSeconds === undefined) return undefined;
    if (timeSeconds >= firstSeconds) return undefined;
    this.#report({ level: 'warning', code: 'time-before-first', timeSeconds, firstSeconds });
    return firstSeconds;
  }

  /** The newest set that is whole by what is known so far; `isCertain` when its manifests were read. */
  newestKnown(nowSeconds: number): { set: CatalogSet; isCertain: boolean } | undefined {
    const latest = nowSeconds + clockToleranceSeconds;
    for (const set of this.#known.newestFirst()) {
      if (set.endSeconds > latest) continue;
      const isCertain = this.#known.upTo(set.id).every((id) => this.#wholeness.isExamined(id));
      const isFine = this.#useIncomplete || this.#wholeness.faultsOf(set.key).length === 0;
      if (isFine) return { set, isCertain };
    }
    return undefined;
  }

  /** The newest whole set; reads manifests until one is found. Undefined when there is none. */
  async findNewest(nowSeconds: number, signal?: AbortSignal): Promise<CatalogSet | undefined> {
    for (;;) {
      const newest = this.newestKnown(nowSeconds);
      if (newest === undefined || newest.isCertain) return newest?.set;
      await this.#wholeness.examine(this.#known.upTo(newest.set.id), signal);
    }
  }

  /** Sets newer than this one that are not whole; those of the future, and those never finished, apart. */
  newer(
    set: CatalogSet | undefined,
    nowSeconds: number,
  ): Record<'faulty' | 'unfinished' | 'future', SetState[]> {
    const latest = nowSeconds + clockToleranceSeconds;
    const after = set?.endSeconds ?? Number.NEGATIVE_INFINITY;
    const newer = this.#wholeness.all().filter(({ times }) => times.endSeconds > after);
    const now = newer.filter(
      ({ times, faults }) => times.endSeconds <= latest && faults.length > 0,
    );
    return {
      faulty: now.filter(({ faults }) => !wasNeverFinished(faults)),
      unfinished: now.filter(({ faults }) => wasNeverFinished(faults)),
      future: newer.filter(({ times }) => times.endSeconds > latest),
    };
  }

  /** Tells of the sets that are newer than the one that is used; whether any of them was complete once. */
  reportNewer(set: CatalogSet | undefined, nowSeconds: number): boolean {
    const { faulty, unfinished, future } = this.newer(set, nowSeconds);
    // of what is refused was told when the target was listed
    const lacking = faulty.filter(({ faults }) => !isRefused(faults));
    const newest = lacking.at(-1);
    if (newest !== undefined && set !== undefined) {
      const { key: setKey, faults } = newest;
      const usedKey = set.key;
      this.#report({ level: 'warning', code: 'newer-set-faulty', setKey, faults, usedKey });
    }
    for (const { key: setKey, faults } of lacking.slice(0, -1)) {
      this.#report({ level: 'warning', code: 'set-faulty', setKey, faults });
    }
    for (const { key: setKey } of unfinished) {
      this.#report({ level: 'notice', code: 'newer-set-unfinished', setKey });
    }
    if (future.length > 0) {
      const setKeys = future.map(({ key }) => key);
      this.#report({ level: 'warning', code: 'sets-in-future', setKeys });
    }
    return faulty.length > 0;
  }

  /** What to say where there is no whole set at all; undefined where nothing is left of any. */
  nothingWhole(nowSeconds: number): DuplifsError | undefined {
    const newest = this.newer(undefined, nowSeconds).faulty.at(-1);
    if (newest === undefined) return undefined;
    return new DuplifsError(
      codeOf(newest.faults),
      `No set of this backup is whole; of the newest, ${newest.key}, ${describeFaults(newest.faults)}`,
      { hint: 'Bring the missing files back, or take what is left with --use-incomplete' },
    );
  }

  async #newestWhole(
    collection: Collection,
    nowSeconds: number,
    signal: AbortSignal | undefined,
  ): Promise<ChosenSet> {
    const set = await this.findNewest(nowSeconds, signal);
    if (set !== undefined) return { set, isLess: this.reportNewer(set, nowSeconds) };
    throw this.nothingWhole(nowSeconds) ?? nothingThere(collection, nowSeconds);
  }

  async #used(set: CatalogSet, signal: AbortSignal | undefined): Promise<ChosenSet> {
    await this.#wholeness.examine(this.#known.upTo(set.id), signal);
    this.refuseHidden(set.key);
    const faults = this.#wholeness.faultsOf(set.key);
    if (faults.length === 0) return { set, isLess: false };
    this.#report({ level: 'warning', code: 'set-faulty', setKey: set.key, faults });
    return { set, isLess: true };
  }

  /** The newest set up to a time whose tree cannot be known, though it was complete once. */
  #hiddenSince(timeSeconds: number): SetState | undefined {
    return this.#wholeness
      .all()
      .findLast(
        ({ times, faults }) =>
          times.endSeconds <= timeSeconds && isTreeHidden(faults) && !wasNeverFinished(faults),
      );
  }

  #hiddenError({ key, times, faults }: SetState): DuplifsError {
    const whole = this.#wholeness
      .all()
      .findLast((state) => state.times.endSeconds < times.endSeconds && state.faults.length === 0);
    const before =
      whole === undefined
        ? 'No set before it is whole'
        : `The newest whole set before it is ${whole.key}`;
    return new DuplifsError(
      codeOf(faults),
      `The tree of set ${key} cannot be known: ${describeFaults(faults)}`,
      {
        hint: `${before}; ${isRefused(faults) ? '--allow-unprotected takes it as it is' : '--use-incomplete takes what is left'}`,
      },
    );
  }
}

function isRefused(faults: readonly SetFault[]): boolean {
  return faults.some((fault) =>
    fault.kind === 'base-faulty' ? isRefused(fault.faults) : fault.kind === 'refused',
  );
}

function codeOf(faults: readonly SetFault[]): 'DAMAGED' | 'FILE_MISSING' | 'SIGNATURE' {
  const [first] = faults;
  if (first?.kind === 'base-faulty') return codeOf(first.faults);
  if (first?.kind === 'refused') return 'SIGNATURE';
  return first?.kind === 'manifest-damaged' || first?.kind === 'volumes-not-named'
    ? 'DAMAGED'
    : 'FILE_MISSING';
}

/** What selecting says where there is nothing, or nothing yet. */
function nothingThere(collection: Collection, nowSeconds: number): unknown {
  try {
    selectSets(collection, nowSeconds);
  } catch (error) {
    return error;
  }
  return new DuplifsError('NO_BACKUP', 'There is no backup here that can be read');
}
