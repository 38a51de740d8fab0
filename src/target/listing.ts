/** What a target holds by the names of its files: on the storage, and of it in the archive dir. */
import { readdir } from 'node:fs/promises';
import { collect, parseFileName, setKey } from '../archive/index.js';
import type { Collection, NamePrefixes, SetTimes, StoredFile } from '../archive/index.js';
import { isDuplifsError } from '../base/index.js';
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
  readonly #sizes: ReadonlyMap<string, number>;
  #collection: Collection | undefined;

  constructor(
    stored: readonly StoredObject[],
    localNames: readonly string[],
    prefixes: NamePrefixes,
    demands: ProtectionDemands = takeAll,
  ) {
    this.#prefixes = prefixes;
    this.stored = stored.filter(({ name }) => !isLockName(name, prefixes));
    this.isLocked = this.stored.length < stored.length;
    this.localNames = new Set(localNames);
    const files = stored
      .map(({ name }) => parseFileName(name, { prefixes }))
      .filter((file) => file !== undefined);
    this.separated = separateFiles(files, demands);
    this.files = this.separated.counted;
    this.wholeKeys = wholeSetKeys(this.files);
    this.#sizes = new Map(stored.map(({ name, size }) => [name, size]));
  }

  /** All sets and chains, those of interrupted runs too. */
  get collection(): Collection {
    this.#collection ??= this.#collect(
      this.files.map(({ name }) => name),
      this.localNames,
    );
    return this.#collection;
  }

  /**
   * Only the sets that are whole: what an incremental may continue. A set that was cut off between its sigtar and
   * its manifest must not hide the chain before it. The sets with the keys `without` are left out as well.
   */
  collectWhole(without: ReadonlySet<string> = new Set()): Collection {
    const isOfWholeSet = (name: string): boolean => {
      const file = parseFileName(name, { prefixes: this.#prefixes });
      if (file === undefined || file.partial) return false;
      const key = setKey(file.times);
      return this.wholeKeys.has(key) && !without.has(key);
    };
    return this.#collect(
      this.files.map(({ name }) => name).filter(isOfWholeSet),
      [...this.localNames].filter(isOfWholeSet),
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
    return this.#sizes.get(name);
  }

  #collect(stored: readonly string[], local: Iterable<string>): Collection {
    return collect({ stored, local: [...local], prefixes: this.#prefixes });
  }
}

const takeAll: ProtectionDemands = {
  isKnownEncrypted: () => false,
  isKnownPlain: () => false,
  knowsEncrypted: false,
  requireEncryption: false,
  allowUnprotected: true,
};

/** Lists the storage, unless that was done, and the target's folder in the archive dir. */
export async function listTarget(
  { storage, archiveFolder, prefixes }: TargetPlace,
  demands: ProtectionDemands,
  { signal, mayBeAbsent = false, stored }: ListOptions = {},
): Promise<TargetListing> {
  const objects = stored ?? (await listStorage());
  return new TargetListing(objects, await localNames(archiveFolder), prefixes, demands);

  async function listStorage(): Promise<readonly StoredObject[]> {
    try {
      return await storage.list(signal);
    } catch (error) {
      if (mayBeAbsent && isDuplifsError(error, 'STORAGE_NOT_FOUND')) return [];
      throw error;
    }
  }
}

/** The names in a target's folder of the archive dir; none where the folder is not there yet. */
export async function localNames(archiveFolder: string): Promise<string[]> {
  try {
    return await readdir(archiveFolder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
