/** From a URL and keys to an open repository, with everything else at its default. */
import { tmpdir } from 'node:os';
import { noPrefixes } from '../archive/index.js';
import type { NamePrefixes } from '../archive/index.js';
import { isDuplifsError } from '../base/index.js';
import type { Report } from '../base/index.js';
import type { CatalogEvent } from '../catalog/index.js';
import { Keyring } from '../openpgp/index.js';
import type { KeyringOptions, OpenPgpEvent } from '../openpgp/index.js';
import { newSpool, openStorage } from '../storage/index.js';
import type { Storage, StorageEvent, StorageOptions } from '../storage/index.js';
import { archiveFolderFor, Target } from '../target/index.js';
import type { TargetEvent, TrustPolicy } from '../target/index.js';
import { SlotFile } from '../volume/index.js';
import type { VolumeEvent } from '../volume/index.js';
import { Repository } from './repository.js';
import type { RepositoryParts } from './repository.js';

/** Decoded blocks kept in memory; the kernel keeps what it has read anyway. */
const defaultMemoryBytes = 16 * 2 ** 20;
const defaultCacheBytes = 2 * 2 ** 30;

/** What opening and reading a repository tells. */
export type RepositoryEvent =
  StorageEvent | TargetEvent | CatalogEvent | OpenPgpEvent | VolumeEvent;

export interface OpenRepositoryOptions {
  /** Where the backup lies: a URL as on the command line, or a storage, which the repository closes. */
  readonly storage: string | Storage;
  /** For a URL. */
  readonly storageOptions?: StorageOptions | undefined;
  /** What opens an encrypted backup: passphrases, key files, gpg. */
  readonly keys?: Keyring | KeyringOptions | undefined;
  /** Refuse what the key with this id has not signed. */
  readonly signKey?: string | undefined;
  /** Serve what has no valid MDC: whoever can write to the storage can then change what is read, unnoticed. */
  readonly ignoreMdcError?: boolean | undefined;
  /** What is demanded of the backup, or waived: that it is as protected as it was. */
  readonly trust?: Partial<TrustPolicy> | undefined;
  /** The target's folder for caches and copies of metadata; by default one in the user's cache. */
  readonly archiveFolder?: string | undefined;
  /** For the cache of decoded volumes. */
  readonly tempFolder?: string | undefined;
  /** The most bytes of decoded volumes on the disk. */
  readonly cacheBytes?: number | undefined;
  /** The most bytes of decoded volumes in memory. */
  readonly memoryBytes?: number | undefined;
  /** Of the names of files (`--file-prefix`). */
  readonly prefixes?: NamePrefixes | undefined;
  /** Decode volumes whole, and hold them against their hashes, where blocks alone would do. */
  readonly wholeVolumes?: boolean | undefined;
  /** Note of volumes of other programs, while they are decoded, how parts of them can be read the next time; on by default. */
  readonly seekTables?: boolean | undefined;
  /**
   * Use sets of which something is missing as well, whatever they lack: one without its manifest is read from its volumes
   * and signatures, and what cannot be verified so is reported.
   */
  readonly useIncomplete?: boolean | undefined;
  /** Show owners by their stored numbers, whatever names this machine knows. */
  readonly numericOwner?: boolean | undefined;
  /** Takes what is to be told; by default nobody. */
  readonly report?: Report<RepositoryEvent> | undefined;
  /** Ends the opening; each call of the repository takes one of its own. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a backup for reading and lists its sets. Nothing is written to the storage. Close the repository when it is
 * no longer needed.
 *
 * @throws DuplifsError STORAGE_* when the storage cannot be reached, TARGET when a folder cannot be used
 *
 * @example
 * ```js
 * import { openRepository } from 'duplifs';
 *
 * const repository = await openRepository({
 *   storage: process.env.BACKUP_URL,
 *   keys: { passphrases: [process.env.PASSPHRASE] },
 * });
 * const [newest] = repository.sets();
 * console.log(newest.kind); // prints inc
 * await repository.close();
 * ```
 */
export async function openRepository(options: OpenRepositoryOptions): Promise<Repository> {
  const { signKey, ignoreMdcError, wholeVolumes, signal } = options;
  const report = options.report ?? (() => undefined);
  const storage =
    typeof options.storage === 'string'
      ? await openStorage(options.storage, { report, ...options.storageOptions })
      : options.storage;
  const keyring = options.keys instanceof Keyring ? options.keys : new Keyring(options.keys ?? {});
  const target = new Target({
    storage,
    archiveFolder: options.archiveFolder ?? archiveFolderFor(urlOf(options.storage)),
    prefixes: options.prefixes ?? noPrefixes,
    decode: { keyring, signKey, ignoreMdcError, report },
    trust: options.trust,
    report,
  });
  let repository: Repository | undefined;
  try {
    const tempFolder = options.tempFolder ?? tmpdir();
    repository = await withUsableFolder(tempFolder, report, {
      target,
      slots: await SlotFile.open(tempFolder, options.cacheBytes ?? defaultCacheBytes, report),
      memoryBytes: options.memoryBytes ?? defaultMemoryBytes,
      wholeVolumes,
      // who wants whole volumes reads no part of them
      seekTables: options.seekTables ?? wholeVolumes !== true,
      useIncomplete: options.useIncomplete ?? false,
      numericOwner: options.numericOwner ?? false,
      report,
    });
    await repository.refresh(signal);
    return repository;
  } catch (error) {
    await (repository ?? storage).close();
    throw error;
  }
}

/** Reading needs no cache that lasts: where the archive dir cannot be written, one in a temporary folder does. */
async function withUsableFolder(
  tempFolder: string,
  report: Report<RepositoryEvent>,
  parts: RepositoryParts,
): Promise<Repository> {
  try {
    return new Repository(parts);
  } catch (error) {
    if (!isDuplifsError(error, 'TARGET', 'NO_SPACE')) throw error;
    const temporary = await newSpool(tempFolder).catch(() => undefined);
    if (temporary === undefined) throw error;
    report({ level: 'warning', code: 'catalog-is-temporary', reason: error.message });
    try {
      return new Repository({ ...parts, temporary });
    } catch {
      await temporary.remove();
      throw error;
    }
  }
}

function urlOf(storage: string | Storage): string {
  return typeof storage === 'string' ? storage : storage.url;
}
