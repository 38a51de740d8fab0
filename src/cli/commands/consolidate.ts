import type { Command } from 'commander';
import { tmpdir } from 'node:os';
import { formatFileName, parseFileName } from '../../archive/index.js';
import { DuplifsError, exitCodes } from '../../base/index.js';
import { consolidate } from '../../consolidate/index.js';
import type { ConsolidateResult } from '../../consolidate/index.js';
import type { Keyring } from '../../openpgp/index.js';
import type { Repository } from '../../repository/index.js';
import type { Storage, StoredObject } from '../../storage/index.js';
import { Target, withArchiveLock } from '../../target/index.js';
import type { TargetListing } from '../../target/index.js';
import { removeSets } from '../../upkeep/index.js';
import {
  addContentOptions,
  addEncodingOptions,
  addLockWait,
  addSizeOptions,
} from '../backup/write-options.js';
import type { SetOptions } from '../backup/write-options.js';
import {
  addCommonOptions,
  archiveFolderOf,
  archiveFolderOfOther,
  nowSeconds,
  prefixesOf,
} from '../common-options.js';
import { ConsolidateProgress } from '../consolidate/progress.js';
import { writingFor } from '../consolidate/writing.js';
import { openFor, openKeyring, openStorageFor, trustPolicyOf } from '../open-repository.js';
import { Output } from '../output.js';
import { formatSize } from '../progress-line.js';
import { withListing } from '../removal-options.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { snapshotAt } from '../time-options.js';
import { programVersion } from '../version.js';
import { addKeepOptions, linesOf, planFor, policyOf, pruneJson } from './prune.js';
import type { KeepOptions, Pruning } from './prune.js';
import { LazyCommand } from '../options/index.js';

interface ConsolidateCommandOptions extends SetOptions, KeepOptions {
  readonly time?: string;
  readonly to?: string;
  readonly prune: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly progress: boolean;
}

/** `consolidate`: makes a full out of a chain, without the source. */
export function consolidateCommand(): Command {
  const command = new LazyCommand('consolidate')
    .description('make a full backup out of a chain, from what is stored and without the source')
    .argument('<url>', 'where the backup lies')
    .option('-t, --time <time>', 'as of this time: 3D, 2026-11-01, … (default: the newest set)')
    .option('--to <url>', 'write the full to another storage (default: to the same)')
    .option('--prune', 'then remove what the --keep options do not keep, as prune does', false);
  addKeepOptions(command);
  addEncodingOptions(command);
  addSizeOptions(command);
  addContentOptions(command);
  command
    .option('-n, --dry-run', 'write and remove nothing, show what would be done', false)
    .option('--json', 'print one JSON line', false)
    .option('--no-progress', 'show no progress on the terminal');
  addLockWait(command);
  command.action(async (url: string, options: ConsolidateCommandOptions) => {
    await runCommand(options.verbosity, (context) =>
      runConsolidate({ url, toUrl: options.to ?? url, options, context }),
    );
  });
  return addCommonOptions(command);
}

interface ConsolidateJob {
  readonly url: string;
  readonly toUrl: string;
  readonly options: ConsolidateCommandOptions;
  readonly context: CommandContext;
}

async function runConsolidate(job: ConsolidateJob): Promise<number> {
  const { url, options, context } = job;
  refuse(options);
  const policy = options.prune ? policyOf(options) : undefined;
  const { log, signal, statistics } = context;
  const keyring = await openKeyring(options, log);
  const storage = await openStorageFor(url, options, log, { statistics });
  const opened = { storage, keys: keyring };
  const work = async (): Promise<Done> => {
    const repository = await openFor(
      { url, options, log },
      { signal, statistics, opened, seekTables: false }, // the volumes are read once
    );
    try {
      return await writeFull(job, repository, opened);
    } finally {
      await repository.close();
    }
  };
  const done = options.dryRun ? await work() : await locked(job, work);
  const pruning =
    policy && (await prune(job, done.result, (listing) => planFor(listing, policy, options)));
  await print(job, done.result, pruning);
  const { counts, mirrorGaps } = done.result;
  const isWhole = !done.isLess && (counts?.errors ?? 0) === 0 && mirrorGaps.length === 0;
  return isWhole ? 0 : exitCodes.INCOMPLETE;
}

/** With the locks on the archive dirs of both sides held. */
async function locked<T>({ url, toUrl, options, context }: ConsolidateJob, work: () => Promise<T>) {
  const { lockWait } = options;
  const { signal } = context;
  const both = [...new Set([archiveFolderOf(url, options), toFolder(toUrl, url, options)])];
  const [first = '', second] = both;
  const inner = second === undefined ? work : () => withArchiveLock(second, lockWait, work, signal);
  return withArchiveLock(first, lockWait, inner, signal);
}

function toFolder(toUrl: string, url: string, options: ConsolidateCommandOptions): string {
  return toUrl === url ? archiveFolderOf(url, options) : archiveFolderOfOther(toUrl, options);
}

function refuse({ ignoreMdcError, prune: isPruning, to }: ConsolidateCommandOptions): void {
  if (ignoreMdcError) {
    throw new DuplifsError('USAGE', 'No full is made of what --ignore-mdc-error lets through', {
      hint: 'What others may have changed would look as if you had written it',
    });
  }
  if (isPruning && to !== undefined) {
    throw new DuplifsError('USAGE', '--prune and --to cannot be given together', {
      hint: 'Look at the full on the other storage, then prune the one or the other',
    });
  }
}

interface Done {
  readonly result: ConsolidateResult;
  /** Newer sets are not whole. */
  readonly isLess: boolean;
}

async function writeFull(
  job: ConsolidateJob,
  repository: Repository,
  opened: OpenedSource,
): Promise<Done> {
  const { options, context } = job;
  const { log, signal } = context;
  const { from, to } = await targetsOf(job, opened);
  const { snapshot, isLess } = await snapshotAt(repository, options, signal);
  const faulty = repository.newerFaulty(snapshot.set, nowSeconds(options));
  const progress = options.progress ? ConsolidateProgress.onTerminal(snapshot) : undefined;
  try {
    const result = await consolidate({
      repository,
      snapshot,
      from,
      to,
      writingFor: (set) => writingFor(from, set, { options, log, signal }),
      tempFolder: options.tempdir ?? tmpdir(),
      volumeBytes: options.volsize * 2 ** 20,
      maxBlockLength: options.maxBlocksize,
      writesIndex: options.index,
      listsFiles: options.filesChanged,
      producer: `duplifs ${programVersion()}`,
      dryRun: options.dryRun,
      lockWaitSeconds: options.lockWait,
      stop: signal,
      report: log.report,
      onProgress:
        progress &&
        ((state) => {
          progress.show(state);
        }),
    });
    // a run of ours that was stopped before its manifest leaves a set that looks like one that has lost it
    const isFinished = faulty.length > 0 && faulty.every((key) => key === result.key);
    return { result, isLess: isLess && !isFinished };
  } finally {
    progress?.end();
    if (to !== from) await to.storage.close();
  }
}

interface OpenedSource {
  readonly storage: Storage;
  readonly keys: Keyring;
}

/** The target that the chain lies on, and the one that gets the full: the same unless another is named. */
async function targetsOf(
  { url, toUrl, options, context }: ConsolidateJob,
  { storage, keys }: OpenedSource,
): Promise<{ readonly from: Target; readonly to: Target }> {
  const { log, statistics } = context;
  const { report } = log;
  const signKey = options.signKey ?? options.encryptSignKey;
  const common = {
    prefixes: prefixesOf(options),
    decode: { keyring: keys, signKey, report },
    trust: trustPolicyOf(options, log),
    report,
  };
  const from = new Target({ ...common, storage, archiveFolder: archiveFolderOf(url, options) });
  if (toUrl === url) return { from, to: from };
  const other = await openStorageFor(toUrl, options, log, { statistics });
  const archiveFolder = archiveFolderOfOther(toUrl, options);
  return { from, to: new Target({ ...common, storage: other, archiveFolder }) };
}

/** Plans over what there is then, and removes it where that is wanted. */
async function prune(
  { url, options, context }: ConsolidateJob,
  { key }: ConsolidateResult,
  plan: (listing: TargetListing) => Pruning,
): Promise<Pruning> {
  const found: { pruning?: Pruning } = {};
  await withListing({ url, options, context }, async ({ target, listing }) => {
    const { dryRun, force } = options;
    const isThere = key === undefined || listing.wholeKeys.has(key) || !dryRun;
    const then = isThere
      ? listing
      : await target.list({ stored: [...listing.stored, ...filesOfFull(key, listing, options)] });
    const pruning = plan(then);
    found.pruning = pruning;
    const { signal: stop, log } = context;
    if (force && !dryRun) {
      await removeSets({ target, listing, stop, report: log.report }, pruning.plan.removed);
    }
    return 0;
  });
  if (found.pruning === undefined) throw new Error('Nothing was planned');
  return found.pruning;
}

/** What a dry run would have put: enough for the plan. */
function filesOfFull(
  key: string,
  listing: TargetListing,
  options: ConsolidateCommandOptions,
): StoredObject[] {
  const times = parseFileName(`duplifs-index.${key}`)?.times;
  if (times === undefined) return [];
  const isEncrypted = listing.files.some(({ container }) => container === 'gpg');
  const container = isEncrypted ? 'gpg' : 'gz';
  const prefixes = prefixesOf(options);
  const names = [
    formatFileName({ kind: 'volume', times, volumeNumber: 1, container }, prefixes),
    formatFileName({ kind: 'signatures', times, container }, prefixes),
    formatFileName({ kind: 'manifest', times, container: isEncrypted ? 'gpg' : 'plain' }, prefixes),
  ];
  return names.map((name) => ({ name, size: 1 }));
}

async function print(
  { options, context }: ConsolidateJob,
  { key, fromKey, counts }: ConsolidateResult,
  pruning: Pruning | undefined,
): Promise<void> {
  const { json, dryRun, force } = options;
  const isDone = !dryRun && counts !== undefined;
  const output = new Output(process.stdout);
  if (json) {
    const prunes = pruning && pruneJson(pruning, force && !dryRun);
    const { statistics: storage } = context;
    await output.json({
      set: key ?? null,
      from: fromKey,
      done: isDone,
      ...counts,
      storage,
      prune: prunes,
    });
  } else {
    if (counts !== undefined) {
      const { sourceFiles, sourceFileSize, totalDestinationSizeChange: stored } = counts;
      await output.line(
        `Set ${key}: a full of ${sourceFiles} entries, ${formatSize(sourceFileSize)} (${formatSize(stored)} stored), made from ${fromKey}`,
      );
    } else if (key !== undefined) {
      await output.line(`Set ${key} would be made from ${fromKey}`);
    }
    for (const line of pruning === undefined ? [] : linesOf(pruning, force))
      await output.line(line);
  }
  await output.end();
}
