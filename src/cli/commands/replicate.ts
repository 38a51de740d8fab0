import { tmpdir } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { DuplifsError, exitCodes } from '../../base/index.js';
import { replicate } from '../../replicate/index.js';
import type { ReplicateProgress, ReplicateResult } from '../../replicate/index.js';
import { Target, withArchiveLock } from '../../target/index.js';
import { parseTime } from '../../time/index.js';
import { addLockWait } from '../backup/write-options.js';
import {
  addCommonOptions,
  archiveFolderOf,
  archiveFolderOfOther,
  nowSeconds,
  parseWhole,
  prefixesOf,
} from '../common-options.js';
import { openKeyring, openStorageFor, trustPolicyOf } from '../open-repository.js';
import { Output } from '../output.js';
import { formatSize, ProgressLine } from '../progress-line.js';
import { addNewSideOptions, newSideOf } from '../replicate/new-side.js';
import type { NewSide, NewSideOptions } from '../replicate/new-side.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

interface ReplicateCommandOptions extends NewSideOptions {
  readonly time?: string;
  readonly delete: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly jobs: number;
  readonly progress: boolean;
  readonly lockWait: number;
}

/** `replicate`: copies sets from one storage to another. */
export function replicateCommand(): Command {
  const command = new LazyCommand('replicate')
    .description('copy backup sets to another storage, verified and read back')
    .argument('<url>', 'where the backup lies')
    .argument('<replica>', 'the URL that gets the copy')
    .option('-t, --time <time>', 'only the sets up to this time: 3D, 2026-11-01, …')
    .option('--delete', 'remove from the copy what retention has removed from the backup', false)
    .option('--jobs <n>', 'so many files at once, 1 to 32', parseJobs, 2);
  addNewSideOptions(command);
  command
    .option('-n, --dry-run', 'copy and remove nothing, show what would be done', false)
    .option('--json', 'print one JSON line', false)
    .option('--no-progress', 'show no progress on the terminal');
  addLockWait(command);
  command.action(async (url: string, toUrl: string, options: ReplicateCommandOptions) => {
    await runCommand(options.verbosity, (context) =>
      runReplicate({ url, toUrl, options, context }),
    );
  });
  return addCommonOptions(command);
}

function parseJobs(text: string): number {
  const jobs = parseWhole(text);
  if (jobs < 1 || jobs > 32) throw new InvalidArgumentError('Give 1 to 32.');
  return jobs;
}

interface ReplicateJob {
  readonly url: string;
  readonly toUrl: string;
  readonly options: ReplicateCommandOptions;
  readonly context: CommandContext;
}

async function runReplicate(job: ReplicateJob): Promise<number> {
  const { url, toUrl, options, context } = job;
  const { log, signal, statistics } = context;
  if (url === toUrl) {
    throw new DuplifsError('USAGE', 'The copy is to lie where the backup lies');
  }
  const keyring = await openKeyring(options, log);
  const newSide = await newSideOf(options, log, signal);
  const common = { prefixes: prefixesOf(options), report: log.report };
  const trust = trustPolicyOf(options, log);
  const storage = await openStorageFor(url, options, log, { statistics });
  const from = new Target({
    ...common,
    storage,
    trust,
    archiveFolder: archiveFolderOf(url, options),
    decode: { keyring, signKey: options.signKey ?? options.encryptSignKey, report: log.report },
  });
  try {
    const to = new Target({
      ...common,
      storage: await openStorageFor(toUrl, options, log, { statistics }),
      archiveFolder: archiveFolderOfOther(toUrl, options),
      // what is written in the clear because that was asked for is no surprise
      trust: { ...trust, allowUnprotected: trust.allowUnprotected || options.toNoEncryption },
      signsWith: newSide === undefined ? undefined : newSide.signsWith,
      decode: {
        keyring: newSide?.keyring ?? keyring,
        signKey: newSide === undefined ? from.decode.signKey : newSide.signsWith,
        report: log.report,
      },
    });
    try {
      const result = await withProgress(job, { from, to, newSide });
      await from.trust.save();
      await print(result, job);
      return exitCodeOf(result);
    } finally {
      await to.storage.close();
    }
  } finally {
    await storage.close();
  }
}

interface Sides {
  readonly from: Target;
  readonly to: Target;
  readonly newSide: NewSide | undefined;
}

async function withProgress(
  { options, context }: ReplicateJob,
  { from, to, newSide }: Sides,
): Promise<ReplicateResult> {
  const { log, signal } = context;
  const { time, jobs, lockWait, dryRun } = options;
  const line = options.progress ? ProgressLine.onTerminal() : undefined;
  const work = (): Promise<ReplicateResult> =>
    replicate({
      from,
      to,
      timeSeconds: time === undefined ? undefined : parseTime(time, nowSeconds(options)),
      rewriting: newSide?.rewriting,
      deletes: options.delete,
      dryRun,
      jobs,
      tempFolder: options.tempdir ?? tmpdir(),
      lockWaitSeconds: lockWait,
      stop: signal,
      report: log.report,
      onProgress:
        line &&
        ((progress) => {
          showProgress(line, progress);
        }),
    });
  try {
    if (dryRun) return await work();
    return await withArchiveLock(to.archiveFolder, lockWait, work, signal);
  } finally {
    line?.end();
  }
}

function showProgress(line: ProgressLine, progress: ReplicateProgress): void {
  const { sets: entries, bytes, totalSets: totalEntries, totalBytes } = progress;
  line.show({ entries, bytes, totalEntries, totalBytes });
}

/** That of what went wrong first. */
function exitCodeOf({ failed, passedOver }: ReplicateResult): number {
  const [first] = failed;
  if (first !== undefined) {
    return first.error instanceof DuplifsError ? first.error.exitCode : exitCodes.INCOMPLETE;
  }
  return passedOver.length > 0 ? exitCodes.INCOMPLETE : 0;
}

async function print(result: ReplicateResult, { options, context }: ReplicateJob): Promise<void> {
  const { copied, there, removed, failed, passedOver } = result;
  const output = new Output(process.stdout);
  if (options.json) {
    await output.json({
      done: !options.dryRun,
      copied: copied.map(({ key, ...rest }) => ({ set: key, ...rest })),
      there,
      removed,
      failed: failed.map(({ key }) => key),
      passedOver,
      storage: context.statistics,
    });
  } else {
    const bytes = copied.reduce((sum, one) => sum + one.bytes, 0);
    const verb = options.dryRun ? 'would be' : 'were';
    if (options.dryRun) {
      for (const { key, kind, bytes: size } of copied) {
        await output.line(`${key} (${kind}, ${formatSize(size)})`);
      }
      for (const key of removed) await output.line(`${key} would be removed from the copy`);
    }
    await output.line(
      `${copied.length} sets ${verb} copied (${formatSize(bytes)}), ${there.length} were there, ${removed.length} ${verb} removed`,
    );
  }
  await output.end();
}
