/** What the commands that remove have in common: their options, and the target that they list, locked where they do it. */
import type { Command } from 'commander';
import { Target, TargetLock, withArchiveLock } from '../target/index.js';
import type { TargetListing } from '../target/index.js';
import { finishRemovals } from '../upkeep/index.js';
import { addCommonOptions, archiveFolderOf, prefixesOf } from './common-options.js';
import type { CommonOptions } from './common-options.js';
import { addGroup } from './options/index.js';
import { openKeyring, openStorageFor, trustPolicyOf } from './open-repository.js';
import type { CommandContext } from './run-command.js';

export interface RemovalOptions extends CommonOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly lockWait: number;
}

export interface RemovalJob<Options extends RemovalOptions = RemovalOptions> {
  readonly url: string;
  readonly options: Options;
  readonly context: CommandContext;
}

/** Adds the options to a command. */
export function addRemovalOptions(command: Command): Command {
  return addCommonOptions(addGroup(command, 'removal'));
}

/** Whether something is removed, and not only shown. */
export function willDo({ force, dryRun }: RemovalOptions): boolean {
  return force && !dryRun;
}

export interface Listed {
  readonly target: Target;
  readonly listing: TargetListing;
}

/** Lists the target, with its locks held when something is to be removed. */
export async function withListing(
  { url, options, context }: RemovalJob,
  work: (listed: Listed) => Promise<number>,
): Promise<number> {
  const { log, signal, statistics } = context;
  const keyring = await openKeyring(options, log);
  const archiveFolder = archiveFolderOf(url, options);
  const target = new Target({
    storage: await openStorageFor(url, options, log, { statistics }),
    archiveFolder,
    prefixes: prefixesOf(options),
    decode: { keyring, report: log.report },
    trust: trustPolicyOf(options, log),
    report: log.report,
  });
  const { storage, prefixes } = target;
  const { report } = log;
  const lockWaitSeconds = options.lockWait;
  const locked = async (): Promise<number> => {
    const place = { storage, prefixes, archiveFolder };
    const lock = await TargetLock.take({ ...place, lockWaitSeconds, stop: signal, report });
    try {
      const found = await target.list({ stored: lock.stored, signal });
      const isStale = await finishRemovals({ target, listing: found, stop: signal, report });
      return await work({ target, listing: isStale ? await target.list({ signal }) : found });
    } finally {
      await lock.release();
    }
  };
  try {
    if (willDo(options))
      return await withArchiveLock(archiveFolder, lockWaitSeconds, locked, signal);
    return await work({ target, listing: await target.list({ signal }) });
  } finally {
    await storage.close();
  }
}
