import { hostname, tmpdir } from 'node:os';
import { Command } from 'commander';
import { backup, deltaEntries, formatStatistics, withArchiveLock } from '../../backup/index.js';
import type { BackupResult } from '../../backup/index.js';
import { compilePlan, ThreadedWalk } from '../../source/index.js';
import { DuplifsError, exitCodes } from '../../base/index.js';
import { isStorageUrl } from '../../storage/index.js';
import type { StorageStatistics } from '../../storage/index.js';
import { parseTime } from '../../time/index.js';
import { BackupProgress } from '../backup/backup-progress.js';
import { chooseEncoding } from '../backup/encoding.js';
import { addSelectionOptions, selectionOf } from '../backup/selection-options.js';
import type { SelectionOptions } from '../backup/selection-options.js';
import { addWriteOptions } from '../backup/write-options.js';
import type { WriteOptions } from '../backup/write-options.js';
import { archiveFolderOf, nowSeconds, prefixesOf } from '../common-options.js';
import { openKeyring, warnIfOpen, openStorageFor } from '../open-repository.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { programVersion } from '../version.js';

const descriptions = {
  backup: 'back up a folder: an incremental if there is a chain to continue, else a full',
  full: 'make a full backup, which begins a new chain',
  incremental: 'back up what changed since the last backup',
} as const;

interface BackupCommandOptions extends WriteOptions, SelectionOptions {}

type Verb = keyof typeof descriptions;

/** `backup`, `full` and `incremental`. */
export function backupCommands(): Command[] {
  return (['backup', 'full', 'incremental'] as const).map((verb) => {
    const command = new Command(verb)
      .description(descriptions[verb])
      .argument('<source>', 'the folder to back up')
      .argument('<url>', 'where the backup lies')
      .action(async (source: string, url: string, options: BackupCommandOptions) => {
        refuseSwapped(source, url, verb);
        await runCommand(options.verbosity, (context) =>
          runBackup(verb, cleanSource(source), url, options, context),
        );
      });
    if (verb === 'incremental') command.aliases(['inc', 'incr']);
    return addSelectionOptions(addWriteOptions(command));
  });
}

async function runBackup(
  verb: Verb,
  source: string,
  url: string,
  options: BackupCommandOptions,
  { log, signal, statistics }: CommandContext,
): Promise<number> {
  const selection = selectionOf(source, options);
  compilePlan(selection); // before anything is done: the walk does it only when it begins
  const archiveFolder = archiveFolderOf(url, options);
  await warnIfOpen(archiveFolder, log);
  const warn = (message: string): void => {
    log.warn(message);
  };
  const keyring = await openKeyring(options, log);
  const encoding = await chooseEncoding(options, keyring, signal);
  const storage = await openStorageFor(url, options, log, { statistics });
  const now = nowSeconds(options);
  const { fullIfOlderThan } = options;
  const plan = { selection, copyLinks: options.copyLinks };
  const walk = (quiet: boolean) =>
    new ThreadedWalk(plan, {
      onSkipped: (path) => {
        if (!quiet) log.info(`Skipping ${path}: a backup holds no sockets`);
      },
      onLinkLoop: (path) => {
        if (!quiet) warn(`${path} leads back to a folder above it; it stays a link`);
      },
    });
  const work = async (): Promise<BackupResult> => {
    const progress = options.progress ? BackupProgress.onTerminal(() => walk(true)) : undefined;
    log.beforeLine =
      progress &&
      (() => {
        progress.clear();
      });
    try {
      return await backup({
        verb,
        source,
        storage,
        archiveFolder,
        encoding,
        warn,
        hostname: hostname(),
        tempFolder: options.tempdir ?? tmpdir(),
        prefixes: prefixesOf(options),
        decode: { keyring, report: log.report },
        walk: () => walk(false),
        volumeBytes: options.volsize * 2 ** 20,
        maxBlockLength: options.maxBlocksize,
        followsLinks: options.copyLinks,
        numericOwner: options.numericOwner,
        allowSourceMismatch: options.allowSourceMismatch,
        allowOtherKeys: options.allowOtherKeys,
        writesIndex: options.index,
        listsFiles: options.filesChanged,
        dryRun: options.dryRun,
        skipIfNoChange: options.skipIfNoChange,
        storesStatistics: options.jsonstat,
        fullIfBeforeSeconds:
          fullIfOlderThan === undefined ? undefined : parseTime(fullIfOlderThan, now),
        currentTime: options.currentTime,
        producer: `duplifs ${programVersion()}`,
        lockWaitSeconds: options.lockWait,
        stop: signal,
        notice: (message) => {
          log.notice(message);
        },
        onProgress:
          progress &&
          ((state) => {
            progress.show(state);
          }),
      });
    } finally {
      log.beforeLine = undefined;
      progress?.end();
    }
  };
  try {
    // a dry run writes nothing, and so needs no lock
    const result = options.dryRun
      ? await work()
      : await withArchiveLock(archiveFolder, options.lockWait, work, signal);
    report(result, statistics, options);
    return result.statistics.errors > 0 ? exitCodes.INCOMPLETE : 0;
  } finally {
    await storage.close();
  }
}

function report(
  { kind, key, statistics, json }: BackupResult,
  storage: StorageStatistics,
  options: BackupCommandOptions,
): void {
  if (options.jsonstat) process.stdout.write(`${JSON.stringify(json, undefined, 4)}\n`);
  if (options.json) {
    const deltas = deltaEntries(statistics);
    const line = { set: key ?? null, kind, ...statistics, deltaEntries: deltas, storage };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  } else if (options.printStatistics) {
    process.stdout.write(`${formatStatistics(statistics)}\n`);
  }
}

/** The source as the manifest keeps it: without slashes at its end. */
function cleanSource(source: string): string {
  return source.replace(/\/+$/, '') || '/';
}

/** Swapped arguments would back up the backup. */
function refuseSwapped(source: string, url: string, verb: string): void {
  if (!isStorageUrl(source) || isStorageUrl(url)) return;
  throw new DuplifsError('USAGE', 'The folder to back up comes first', {
    hint: `To back up: duplifs ${verb} "${url}" "${source}"; to restore: duplifs restore "${source}" "${url}"`,
  });
}
