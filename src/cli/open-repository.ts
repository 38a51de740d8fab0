/** From a URL and options to an open repository: storage, keys, caches. */
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DuplifsError, errorText } from '../base/index.js';
import { Keyring } from '../openpgp/index.js';
import { Repository } from '../snapshot/index.js';
import { openStorage, storageOptionsFrom } from '../storage/index.js';
import type { Storage, StorageOptions, StorageStatistics } from '../storage/index.js';
import { SlotFile } from '../volume/index.js';
import { archiveFolderOf, prefixesOf } from './common-options.js';
import type { CommonOptions } from './common-options.js';
import type { Log } from './log.js';
import { askSecret } from './prompt.js';
import type { CommandContext } from './run-command.js';
import { splitWords } from './split-words.js';

/** Decoded blocks kept in memory; the kernel keeps what it has read anyway. */
const memoryBytes = 16 * 2 ** 20;

export interface OpenOptions {
  /** Asks the user for a passphrase; by default on the terminal. */
  readonly ask?: ((question: string) => Promise<string | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Counts what goes over the line. */
  readonly statistics?: StorageStatistics;
  /** Other than what the command line says. */
  readonly storageOptions?: StorageOptions;
  /** Decode volumes whole, and hold them against their hashes, where blocks alone would do. */
  readonly wholeVolumes?: boolean;
}

export async function openRepository(
  url: string,
  options: CommonOptions,
  log: Log,
  { ask = askSecret, signal, statistics, storageOptions, wholeVolumes }: OpenOptions = {},
): Promise<Repository> {
  const warn = (message: string): void => {
    log.warn(message);
  };
  const archiveFolder = archiveFolderOf(url, options);
  await warnIfOpen(archiveFolder, log);
  if (options.ignoreMdcError) {
    warn(
      '--ignore-mdc-error is given: whoever can write to the storage can change what you will see, unnoticed',
    );
  }
  const keyring = await openKeyring(options, log, ask);
  const storage = await openStorageFor(url, options, log, {
    statistics,
    ...storageOptions,
  });
  const arena = await SlotFile.open(options.tempdir ?? tmpdir(), options.cacheSize);
  return Repository.open(
    {
      storage,
      archiveFolder,
      prefixes: prefixesOf(options),
      decode: {
        keyring,
        report: log.report,
        signKey: options.signKey ?? options.encryptSignKey,
        ignoreMdcError: options.ignoreMdcError,
      },
      arena,
      memoryBytes,
      wholeVolumes,
      numericOwner: options.numericOwner,
      warn,
    },
    signal,
  );
}

/** The storage at a URL, as the command line wants it. The caller closes it. */
export async function openStorageFor(
  url: string,
  options: CommonOptions,
  log: Log,
  more: StorageOptions = {},
): Promise<Storage> {
  return openStorage(url, {
    ...storageOptionsFrom({ ...options }, process.env),
    log: (message) => {
      log.info(message);
    },
    warn: (message) => {
      log.warn(message);
    },
    ...more,
  });
}

/** Opens a repository, runs `work` with it, and closes it whatever happens. */
export async function withRepository<T>(
  url: string,
  options: CommonOptions,
  { log, signal, statistics }: CommandContext,
  work: (repository: Repository) => Promise<T>,
  more: OpenOptions = {},
): Promise<T> {
  const repository = await openRepository(url, options, log, { signal, statistics, ...more });
  try {
    return await work(repository);
  } finally {
    await repository.close();
  }
}

/** The keys and passphrases that the options and the environment give. */
export async function openKeyring(
  options: CommonOptions,
  log: Log,
  ask: (question: string) => Promise<string | undefined> = askSecret,
): Promise<Keyring> {
  const passphrase = process.env['PASSPHRASE'];
  const signPassphrase = process.env['SIGN_PASSPHRASE'];
  const keyFiles = await Promise.all(
    options.keyFile.map(async (path) => ({ path, bytes: await readKeyFile(path) })),
  );
  return new Keyring({
    passphrases: passphrase === undefined ? [] : [passphrase],
    signPassphrases:
      signPassphrase === undefined || signPassphrase === '' ? undefined : [signPassphrase],
    ask: options.useAgent ? undefined : ask,
    keyFiles,
    gpg: {
      binary: options.gpgBinary,
      options: splitWords(options.gpgOptions),
      useAgent: options.useAgent,
    },
    allowOldKeys: options.allowOldKeys,
    report: log.report,
  });
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
