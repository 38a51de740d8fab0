/** From a command line to storages, keys and open repositories. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { DuplifsError, encodeName, errorText, splitWords } from '../base/index.js';
import { isKeyBundle, Keyring, openKeyBundle } from '../openpgp/index.js';
import type { Ask, GpgProgram, KeyFile } from '../openpgp/index.js';
import { openRepository } from '../repository/index.js';
import type { Repository } from '../repository/index.js';
import { isLocalUrl, localPath, openStorage } from '../storage/index.js';
import type { Storage, StorageOptions, StorageStatistics } from '../storage/index.js';
import type { TrustPolicy } from '../target/index.js';
import { backupBelow } from './backup-below.js';
import { archiveFolderOf, prefixesOf } from './common-options.js';
import type { CommonOptions, KeyOptions } from './common-options.js';
import { noteTarget } from './completion/index.js';
import type { Log } from './log.js';
import { personality } from './personality.js';
import { askSecret, isAboutSigning } from './prompt/index.js';
import { namingReadableSets } from './readable-sets.js';
import { environmentSecret, givenPassphrases, wipedAtEnd } from './secrets.js';
import type { CommandContext } from './run-command.js';
import { storageOptionsFrom } from './storage-options.js';

/** What a command line says of a target, and where its events go. */
export interface CommandTarget {
  readonly url: string;
  readonly options: CommonOptions;
  readonly log: Log;
}

export interface OpenOptions {
  /** Asks the user for a passphrase; by default on the terminal. */
  readonly ask?: Ask | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Counts what goes over the line. */
  readonly statistics?: StorageStatistics;
  /** Other than what the command line says. */
  readonly storageOptions?: StorageOptions;
  /** Where the caller has them already; the repository closes the storage. */
  readonly opened?: { readonly storage: Storage; readonly keys: Keyring } | undefined;
  /** Decode volumes whole, and hold them against their hashes, where blocks alone would do. */
  readonly wholeVolumes?: boolean | undefined;
  /** Whether to note how parts of volumes of other programs can be read the next time; on by default. */
  readonly seekTables?: boolean | undefined;
}

/** Opens the repository that a command line names. */
export async function openFor(
  { url, options, log }: CommandTarget,
  opening: OpenOptions = {},
): Promise<Repository> {
  const { ask = askSecret, signal, statistics, storageOptions, opened } = opening;
  const { wholeVolumes, seekTables } = opening;
  const archiveFolder = archiveFolderOf(url, options);
  await warnIfOpen(archiveFolder, log);
  if (options.ignoreMdcError) {
    log.warn(
      '--ignore-mdc-error is given: whoever can write to the storage can change what you will see, unnoticed',
    );
  }
  const keys = opened?.keys ?? (await openKeyring(options, log, ask));
  const storage =
    opened?.storage ?? (await openStorageFor(url, options, log, { statistics, ...storageOptions }));
  const repository = await openRepository({
    storage,
    keys,
    archiveFolder,
    signal,
    wholeVolumes,
    seekTables,
    prefixes: prefixesOf(options),
    signKey: options.signKey ?? options.encryptSignKey,
    ignoreMdcError: options.ignoreMdcError,
    trust: trustPolicyOf(options, log),
    tempFolder: options.tempdir,
    cacheBytes: options.cacheSize,
    numericOwner: options.numericOwner,
    useIncomplete: options.useIncomplete,
    report: log.report,
  });
  if (repository.states().length > 0) {
    await noteTarget(url, archiveFolder);
    return repository;
  }
  const below = await backupBelow(url, prefixesOf(options));
  if (below === undefined) return repository;
  await repository.close();
  throw below;
}

/** What the options demand of a backup's protection, or waive. Waivers are warned of. */
export function trustPolicyOf(options: CommonOptions, log: Log): TrustPolicy {
  const { allowUnprotected, requireEncryption, allowRollback } = options;
  if (allowUnprotected) {
    log.warn(
      '--allow-unprotected is given: whoever can write to the storage can change what you will see',
    );
  }
  return { allowUnprotected, requireEncryption, allowRollback };
}

/** The storage at a URL, as the command line wants it. The caller closes it. */
export async function openStorageFor(
  url: string,
  options: CommonOptions,
  log: Log,
  more: StorageOptions = {},
): Promise<Storage> {
  // duplicity makes the folder as soon as it is named; then there is no backup in it
  if (personality().isDuplicity && isLocalUrl(url)) {
    await mkdir(encodeName(localPath(url, process.cwd())), { recursive: true });
  }
  return openStorage(url, {
    ...storageOptionsFrom({ ...options }, process.env),
    report: log.report,
    ...more,
  });
}

/** Opens a repository, runs `work` with it, and closes it whatever happens. */
export async function withRepository<T>(
  url: string,
  options: CommonOptions,
  { log, signal, statistics, wholeVolumes }: CommandContext & Pick<OpenOptions, 'wholeVolumes'>,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const opening = { signal, statistics, wholeVolumes };
  const repository = await openFor({ url, options, log }, opening);
  try {
    return await namingReadableSets(repository, signal, () => work(repository));
  } finally {
    await repository.close();
  }
}

/** The keys and passphrases that the options and the environment give; `first` come before those. */
export async function openKeyring(
  options: KeyOptions,
  log: Log,
  ask: Ask = askSecret,
  first: readonly Buffer[] = [],
): Promise<Keyring> {
  const signPassphrase = environmentSecret('SIGN_PASSPHRASE');
  const passphrases = [...first, ...(await givenPassphrases(options, log))];
  const gpg = gpgOf(options);
  const asked = options.useAgent ? undefined : askedWith(passphrases, ask);
  const keyFiles: KeyFile[] = [];
  for (const path of options.keyFile) {
    const file = { path, bytes: await readKeyFile(path) };
    keyFiles.push(isKeyBundle(file) ? await openBundle(file, { passphrases, gpg, asked }) : file);
  }
  const keyring = new Keyring({
    passphrases,
    signPassphrases:
      signPassphrase === undefined || signPassphrase.length === 0 ? undefined : [signPassphrase],
    ask: asked,
    keyFiles,
    gpg,
    allowOldKeys: options.allowOldKeys,
    report: log.report,
  });
  for (const passphrase of passphrases) passphrase.fill(0); // the keyring has its own copies
  return wipedAtEnd(keyring);
}

/** duplicity takes the passphrase that it is given, right or wrong, and asks at most for that of a signing key. */
function askedWith(given: readonly Buffer[], ask: Ask): Ask {
  if (!personality().isDuplicity || given.length === 0) return ask;
  return async (question) => (isAboutSigning(question) ? await ask(question) : undefined);
}

/** The gpg program as the options want it. */
export function gpgOf({ gpgBinary, gpgOptions, useAgent }: KeyOptions): GpgProgram {
  return { binary: gpgBinary, options: splitWords(gpgOptions, '--gpg-options'), useAgent };
}

interface BundleMeans {
  readonly passphrases: readonly Buffer[];
  readonly gpg: GpgProgram;
  readonly asked: Ask | undefined;
}

/** A key file that is encrypted itself; its passphrase may be one of the given ones, or is asked for. */
async function openBundle(
  file: KeyFile,
  { passphrases, gpg, asked }: BundleMeans,
): Promise<KeyFile> {
  const ask: Ask | undefined =
    asked && (() => asked(`Passphrase of the encrypted key file "${file.path}"`));
  const keyring = new Keyring({ passphrases, gpg, ask });
  try {
    return await openKeyBundle(file, keyring);
  } finally {
    keyring.wipe();
  }
}

async function readKeyFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new DuplifsError('KEY', `Cannot read the key file "${path}": ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** The archive dir holds names and signatures of everything in the clear; others should not read it. */
export async function warnIfOpen(folder: string, log: Log): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats !== undefined && (stats.mode & 0o077) !== 0) {
    log.warn(`Others may read the archive dir "${folder}"; run: chmod -R go= "${folder}"`);
  }
}
