/** A target as a command line names it, for commands that look at its files and not at the trees in it. */
import { mkdir } from 'node:fs/promises';
import { DuplifsError } from '../base/index.js';
import { Target } from '../target/index.js';
import type { TargetListing, TargetOptions } from '../target/index.js';
import { backupBelow } from './backup-below.js';
import { archiveFolderOf, prefixesOf } from './common-options.js';
import type { CommonOptions } from './common-options.js';
import { noteTarget } from './completion/index.js';
import { storageOptionsFrom } from './storage-options.js';
import { openKeyring, openStorageFor, trustPolicyOf, warnIfOpen } from './open-repository.js';
import type { CommandContext } from './run-command.js';

export interface TargetJob<Options extends CommonOptions = CommonOptions> {
  readonly url: string;
  readonly options: Options;
  readonly context: CommandContext;
}

/** Opens the target with the keys and demands of the command line, and closes its storage whatever happens. */
export async function withTarget<T>(
  { url, options, context }: TargetJob,
  report: TargetOptions['report'],
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const { log, statistics } = context;
  const archiveFolder = archiveFolderOf(url, options);
  await warnIfOpen(archiveFolder, log);
  if (options.ignoreMdcError) {
    log.warn(
      '--ignore-mdc-error is given: changes by whoever can write to the storage go unnoticed',
    );
  }
  const keyring = await openKeyring(options, log);
  // damage is to be seen here, not what recovery data makes of it
  const { par2 } = storageOptionsFrom({ ...options }, process.env);
  const asStored = { ...par2, readsAsStored: true };
  const storage = await openStorageFor(url, options, log, { statistics, par2: asStored });
  const signKey = options.signKey ?? options.encryptSignKey;
  const { ignoreMdcError } = options;
  try {
    const result = await work(
      new Target({
        storage,
        archiveFolder,
        prefixes: prefixesOf(options),
        decode: { keyring, signKey, ignoreMdcError, report },
        trust: trustPolicyOf(options, log),
        report,
      }),
    );
    await noteTarget(url, archiveFolder);
    return result;
  } finally {
    await storage.close();
  }
}

/** Where nothing can be noted nothing is: whatever depends on it says so. */
export async function makeArchiveFolder({ archiveFolder }: Target): Promise<void> {
  await mkdir(archiveFolder, { recursive: true, mode: 0o700 }).catch(() => undefined);
}

/** @throws DuplifsError NO_BACKUP where no file of a backup is stored */
export async function refuseEmpty(
  { url, options }: Pick<TargetJob, 'url' | 'options'>,
  { files, separated, collection }: TargetListing,
): Promise<void> {
  if (files.length + separated.refused.length + collection.sets.length > 0) return;
  const below = await backupBelow(url, prefixesOf(options));
  throw below ?? new DuplifsError('NO_BACKUP', `There is no backup at "${url}"`);
}
