import type { Command } from 'commander';
import { lstat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { backup, deltaEntries } from '../../backup/index.js';
import { Target, withArchiveLock } from '../../target/index.js';
import type { BackupOptions, BackupResult } from '../../backup/index.js';
import { compilePlan, ThreadedWalk } from '../../source/index.js';
import type { SelectionPlan } from '../../source/index.js';
import { DuplifsError, encodeName, errorText, exitCodes } from '../../base/index.js';
import { isStorageUrl } from '../../storage/index.js';
import type { StorageStatistics } from '../../storage/index.js';
import type { Encoding } from '../../volume/index.js';
import type { Log } from '../log.js';
import { parseTime } from '../../time/index.js';
import { BackupProgress } from '../backup/backup-progress.js';
import { withFaults } from '../backup/injected-faults.js';
import { ProgressReports } from '../backup/progress-reports.js';
import { formatStatistics } from '../backup/statistics-text.js';
import { chooseEncoding, withoutUnusedKeys } from '../backup/encoding.js';
import { ownFoldersIn } from '../backup/own-folders.js';
import { addSelectionOptions, selectionOf } from '../backup/selection-options.js';
import type { SelectionOptions } from '../backup/selection-options.js';
import { addWriteOptions } from '../backup/write-options.js';
import type { WriteOptions } from '../backup/write-options.js';
import { archiveFolderOf, nowSeconds, prefixesOf } from '../common-options.js';
import { noteTarget } from '../completion/index.js';
import { quotedName } from '../machine-log/index.js';
import { openKeyring, openStorageFor, trustPolicyOf, warnIfOpen } from '../open-repository.js';
import { exitCodeWhenPartly, personality } from '../personality.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { outputMayFail } from '../standard-output.js';
import { programVersion } from '../version.js';
import { LazyCommand } from '../options/index.js';

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
    const command = new LazyCommand(verb)
      .description(descriptions[verb])
      .argument('<source>', 'the folder to back up')
      .argument('<url>', 'where the backup lies')
      .action(async (source: string, url: string, options: BackupCommandOptions) => {
        refuseSwapped(source, url, verb);
        await runCommand(options.verbosity, (context) =>
          runBackup({
            verb,
            source: cleanSource(source),
            followsSource: source.endsWith('/'),
            url,
            options,
            context,
          }),
        );
      });
    if (verb === 'incremental') command.aliases(['inc', 'incr']);
    return addSelectionOptions(addWriteOptions(command));
  });
}

interface BackupJob {
  readonly verb: Verb;
  readonly source: string;
  /** Whether the source is the folder that it leads to where it is a link: a slash at its end says so. */
  readonly followsSource: boolean;
  readonly url: string;
  readonly options: BackupCommandOptions;
  readonly context: CommandContext;
}

async function runBackup(given: BackupJob): Promise<number> {
  const { log, signal, statistics } = given.context;
  const job = { ...given, options: withoutUnusedKeys(given.options, log) };
  const { source, url, options } = job;
  const selected = selectionOf(source, options);
  compilePlan(selected); // before anything is done: the walk does it only when it begins
  await refuseAbsent(source);
  const archiveFolder = archiveFolderOf(url, options);
  const { tempdir } = options;
  const own = await ownFoldersIn(source, { url, archiveFolder, tempdir });
  for (const { what, path } of own) {
    log.notice(`"${path}" is not backed up, for it is ${what}`);
  }
  const selection = { ...selected, without: own.map(({ path }) => path) };
  await warnIfOpen(archiveFolder, log);
  const keyring = await openKeyring(options, log);
  const encoding = await chooseEncoding(options, keyring, {
    signal,
    isNew: job.verb !== 'incremental',
  });
  const opened = await openStorageFor(url, options, log, { statistics });
  const storage = withFaults(opened, options, prefixesOf(options));
  const target = new Target({
    storage,
    archiveFolder,
    prefixes: prefixesOf(options),
    decode: { keyring, report: log.report },
    trust: trustPolicyOf(options, log),
    signsWith: options.signKey ?? options.encryptSignKey,
    report: log.report,
  });
  try {
    const work = () => runWithProgress(job, { selection, target, encoding });
    // a dry run writes nothing, and so needs no lock
    const result = options.dryRun
      ? await work()
      : await withArchiveLock(archiveFolder, options.lockWait, work, signal);
    if (!options.dryRun) await noteTarget(url, archiveFolder);
    outputMayFail(options.dryRun ? 'The statistics' : 'The backup was made; its statistics');
    printResult(result, statistics, job);
    const { errors, movedFiles } = result.statistics;
    if (movedFiles > 0) log.notice(movedText(movedFiles));
    if (movedFiles > 0 && options.strict) return exitCodes.INCOMPLETE;
    const isWhole = errors === 0 && result.mirrorGaps.length === 0;
    return isWhole ? 0 : exitCodeWhenPartly(false);
  } finally {
    await storage.close();
  }
}

interface Opened {
  readonly selection: SelectionPlan;
  readonly target: Target;
  readonly encoding: Encoding;
}

async function runWithProgress(job: BackupJob, opened: Opened): Promise<BackupResult> {
  const { options, context } = job;
  const { log } = context;
  const walk = (quiet: boolean) => walkOver(opened.selection, job, quiet ? undefined : log);
  const reports = new ProgressReports(log, {
    everySeconds: options.progressRate,
    total: options.progress === 'lines' ? () => walk(true) : undefined,
  });
  const onTerminal = options.progress === true && !personality().isDuplicity;
  const progress = onTerminal ? BackupProgress.onTerminal(() => walk(true)) : undefined;
  log.beforeLine =
    progress &&
    (() => {
      progress.clear();
    });
  try {
    const result = await backup({
      ...backupOptionsOf(job, opened),
      walk: () => walk(false),
      report: log.report,
      onProgress: (state) => {
        progress?.show(state);
        reports.show(state);
      },
    });
    const { sourceFiles, sourceFileSize, totalDestinationSizeChange } = result.statistics;
    reports.last({ files: sourceFiles, bytes: sourceFileSize, stored: totalDestinationSizeChange });
    return result;
  } finally {
    log.beforeLine = undefined;
    progress?.end();
    reports.end();
  }
}

/** A walk over the source; with a log, what it passes over is told. */
function walkOver(
  selection: SelectionPlan,
  { options: { copyLinks }, source, followsSource }: BackupJob,
  log: Log | undefined,
): ThreadedWalk {
  return new ThreadedWalk(
    { selection, copyLinks, followRoot: followsSource },
    {
      onSkipped: (path) => {
        const kind = { code: 15, extra: quotedName(join(source, path)) };
        log?.info(`Skipping ${path}: a backup holds no sockets`, kind);
      },
      onLinkLoop: (path) => log?.warn(`${path} leads back to a folder above it; it stays a link`),
    },
  );
}

/** duplicity takes any folder, and programs that call it have no word for --allow-empty-source. */
function emptySourceOf({ allowEmptySource }: BackupJob['options']): BackupOptions['emptySource'] {
  if (allowEmptySource) return 'allow';
  return personality().isDuplicity ? 'warn' : 'refuse';
}

function backupOptionsOf(
  { verb, source, options, context }: BackupJob,
  { target, encoding }: Opened,
): Omit<BackupOptions, 'walk' | 'report'> {
  const { fullIfOlderThan } = options;
  return {
    verb,
    source,
    target,
    allowUnprotected: options.allowUnprotected,
    encoding,
    hostname: hostname(),
    tempFolder: options.tempdir ?? tmpdir(),
    volumeBytes: options.volsize * 2 ** 20,
    maxBlockLength: options.maxBlocksize,
    followsLinks: options.copyLinks,
    numericOwner: options.numericOwner,
    allowSourceMismatch: options.allowSourceMismatch,
    emptySource: emptySourceOf(options),
    allowOtherKeys: options.allowOtherKeys,
    writesIndex: options.index,
    listsFiles: options.filesChanged,
    dryRun: options.dryRun,
    skipIfNoChange: options.skipIfNoChange,
    storesStatistics: options.jsonstat,
    fullIfBeforeSeconds:
      fullIfOlderThan === undefined ? undefined : parseTime(fullIfOlderThan, nowSeconds(options)),
    currentTime: options.currentTime,
    producer: `duplifs ${programVersion()}`,
    lockWaitSeconds: options.lockWait,
    stop: context.signal,
  };
}

function printResult(
  { kind, key, statistics, json }: BackupResult,
  storage: StorageStatistics,
  { options, context: { log } }: BackupJob,
): void {
  if (options.jsonstat) process.stdout.write(`${JSON.stringify(json, undefined, 4)}\n`);
  if (options.json) {
    const deltas = deltaEntries(statistics);
    const line = { set: key ?? null, kind, ...statistics, deltaEntries: deltas, storage };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  } else if (options.printStatistics) {
    process.stdout.write(`${formatStatistics(statistics)}\n`);
    log.recordResult('notice', { code: 1 }, formatStatistics(statistics));
  }
}

function movedText(count: number): string {
  const files = count === 1 ? '1 file' : `${count} files`;
  return `${files} changed or vanished while being read; all else is stored (--strict ends with ${exitCodes.INCOMPLETE} then)`;
}

/** The source as the manifest keeps it: without slashes at its end. */
function cleanSource(source: string): string {
  return source.replace(/\/+$/, '') || '/';
}

/** Before the target is asked what it has of it. */
async function refuseAbsent(source: string): Promise<void> {
  try {
    await lstat(encodeName(source));
  } catch (error) {
    throw new DuplifsError('SOURCE', `Cannot read the source "${source}": ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** Swapped arguments would back up the backup. */
function refuseSwapped(source: string, url: string, verb: string): void {
  if (!isStorageUrl(source) || isStorageUrl(url)) return;
  throw new DuplifsError('USAGE', 'The folder to back up comes first', {
    hint: `To back up: duplifs ${verb} "${url}" "${source}"; to restore: duplifs restore "${source}" "${url}"`,
  });
}
