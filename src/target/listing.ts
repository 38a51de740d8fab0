/** What a target holds by the names of its files: on the storage, and of it in the archive dir. */
import { readdir } from 'node:fs/promises';
import { collectFiles, parseFileName, setKey } from '../archive/index.js';
import type { Collection, NamePrefixes, SetTimes, StoredFile } from '../archive/index.js';
import { diskErrorCode, eventLoopTurns, isDuplifsError } from '../base/index.js';
import type { StoredObject } from '../storage/index.js';
import { isLockName } from './locks/lock-name.js';
import type { TargetPlace } from './place.js';
import { separateFiles } from './protection/separate-files.js';
import type { ProtectionDemands, SeparatedFiles } from './protection/separate-files.js';
import { wholeSetKeys } from './wholeness/whole-set-keys.js';

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** A storage that has no such folder yet holds nothing. */
  readonly mayBeAbsent?: boolean;
  /** What the storage holds, where somebody has listed it already. */
  readonly stored?: readonly StoredObject[] | undefined;
}

export class TargetListing {
  /** Everything on the storage but the locks. */
  readonly stored: readonly StoredObject[];
  /** Whether somebody is writing to the target now, or was stopped while doing so. */
  readonly isLocked: boolean;
  /** Names in the archive dir. */
  readonly localNames: ReadonlySet<string>;
  /** The stored files whose names belong to a backup, and that are as protected as their chain. */
  readonly files: readonly StoredFile[];
  /** Those files and the others, and the chains that they belong to. */
  readonly separated: SeparatedFiles;
  /** Keys of the sets that are whole as far as names tell: their manifest, the last file to be put, is stored. */
  readonly wholeKeys: ReadonlySet<string>;
  readonly #prefixes: NamePrefixes;
  /** Of all that is no volume: who only reads asks for no other, and volumes are many. */
  readonly #metadataSizes: ReadonlyMap<string, number>;
  /** Files that have a name and no bytes. */
  readonly #empty: ReadonlySet<string>;
  #sizes: ReadonlyMap<string, number> | undefined;
  #collection: Collection | undefined;

  private constructor(parts: ListingParts) {
    this.#prefixes = parts.prefixes;
    this.stored = parts.stored;
    this.isLocked = parts.isLocked;
    this.localNames = new Set(parts.localNames);
    this.separated = parts.separated;
    this.files = parts.separated.counted;
    this.wholeKeys = wholeSetKeys(this.files);
    this.#metadataSizes = parts.metadataSizes;
    this.#empty = parts.empty;
  }

  /** Takes the names apart, with turns of the event loop between: a storage may have millions. */
  static async make(
    objects: readonly StoredObject[],
    localNames: readonly string[],
    prefixes: NamePrefixes,
    { demands, signal }: TakeApartOptions,
  ): Promise<TargetListing> {
    const turn = eventLoopTurns();
    const stored: StoredObject[] = [];
    const files: StoredFile[] = [];
    const metadataSizes = new Map<string, number>();
    const empty = new Set<string>();
    let lastTimes: SetTimes | undefined;
    for (const [index, object] of objects.entries()) {
      if (index % namesPerTurn === 0) {
        signal?.throwIfAborted();
        await turn();
      }
      if (!isLockName(object.name, prefixes)) stored.push(object);
      const file = parseFileName(object.name, { prefixes });
      if (file === undefined) continue;
      if (object.size === 0) empty.add(file.name);
      if (file.kind !== 'volume') metadataSizes.set(file.name, object.size);
      // the files of a set share one object
      const times = isSameTimes(file.times, lastTimes) ? lastTimes : file.times;
      lastTimes = times;
      (file as { times: SetTimes }).times = times;
      files.push(file);
    }
    const separated = separateFiles(files, demands);
    const isLocked = stored.length < objects.length;
    return new TargetListing({
      stored,
      isLocked,
      localNames,
      prefixes,
      separated,
      metadataSizes,
      empty,
    });
  }

  /** All sets and chains, those of interrupted runs too. */
  get collection(): Collection {
    this.#collection ??= collectFiles(this.files, this.#parse(this.localNames));
    return this.#collection;
  }

  /**
   * Only the sets that are whole: what an incremental may continue. A set that was cut off between its sigtar and
   * its manifest must not hide the chain before it. The sets with the keys `without` are left out as well.
   */
  collectWhole(without: ReadonlySet<string> = new Set()): Collection {
    const isOfWholeSet = ({ partial, times }: StoredFile): boolean => {
      const key = setKey(times);
      return !partial && this.wholeKeys.has(key) && !without.has(key);
    };
    return collectFiles(
      this.files.filter(isOfWholeSet),
      this.#parse(this.localNames).filter(isOfWholeSet),
    );
  }

  /** The stored files of a set, whole or not. */
  filesOf(key: string): StoredFile[] {
    return this.files.filter((file) => setKey(file.times) === key);
  }

  /** What stands for the chain of a set that is there, or that is to join one. */
  chainKeyOf(times: SetTimes): string {
    const { chainKeys } = this.separated;
    const joined = times.kind === 'inc' ? chainKeys.get(times.startSeconds) : undefined;
    return chainKeys.get(times.endSeconds) ?? joined ?? setKey(times);
  }

  /** In bytes; undefined for a name that the storage does not have. */
  sizeOf(name: string): number | undefined {
    const known = this.#metadataSizes.get(name);
    if (known !== undefined) return known;
    this.#sizes ??= new Map(this.stored.map((object) => [object.name, object.size]));
    return this.#sizes.get(name);
  }

  /** Whether the storage has a file by the name and nothing is in it. */
  isEmpty(name: string): boolean {
    return this.#empty.size > 0 && this.#empty.has(name);
  }

  #parse(names: Iterable<string>): StoredFile[] {
    return [...names]
      .map((name) => parseFileName(name, { prefixes: this.#prefixes }))
      .filter((file) => file !== undefined);
  }
}

interface TakeApartOptions {
  readonly demands: ProtectionDemands;
  readonly signal?: AbortSignal | undefined;
}

interface ListingParts {
  readonly stored: readonly StoredObject[];
  readonly isLocked: boolean;
  readonly localNames: readonly string[];
  readonly prefixes: NamePrefixes;
  readonly separated: SeparatedFiles;
  readonly metadataSizes: ReadonlyMap<string, number>;
  readonly empty: ReadonlySet<string>;
}

const namesPerTurn = 1000;

function isSameTimes(a: SetTimes, b: SetTimes | undefined): b is SetTimes {
  if (a.kind !== b?.kind || a.endSeconds !== b.endSeconds) return false;
  return a.kind === 'full' || (b.kind === 'inc' && a.startSeconds === b.startSeconds);
}

/** Lists the storage, unless that was done, and the target's folder in the archive dir. */
export async function listTarget(
  { storage, archiveFolder, prefixes }: TargetPlace,
  demands: ProtectionDemands,
  { signal, mayBeAbsent = false, stored }: ListOptions = {},
): Promise<TargetListing> {
  const objects = stored ?? (await listStorage());
  const local = await localNames(archiveFolder);
  return TargetListing.make(objects, local, prefixes, { demands, signal });

  async function listStorage(): Promise<readonly StoredObject[]> {
    try {
      return await storage.list(signal);
    } catch (error) {
      if (mayBeAbsent && isDuplifsError(error, 'STORAGE_NOT_FOUND')) return [];
      throw error;
    }
  }
}

/** Reading does without the archive dir; a backup has found out before this that it can write there. */
const noNames = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM']);

/** The names in a target's folder of the archive dir; none where there is no such folder, or not for this user. */
export async function localNames(archiveFolder: string): Promise<string[]> {
  try {
    return await readdir(archiveFolder);
  } catch (error) {
    if (noNames.has(diskErrorCode(error) ?? '')) return [];
    throw error;
  }
}
