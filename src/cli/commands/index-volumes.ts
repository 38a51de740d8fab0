import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { DuplifsError, errorText, exitCodes } from '../../base/index.js';
import type { CatalogueProgress } from '../../catalog/index.js';
import { planIndexes, uploadIndexes } from '../../indexing/index.js';
import type { IndexPlan, UploadResult } from '../../indexing/index.js';
import type { Repository } from '../../repository/index.js';
import { Target } from '../../target/index.js';
import { parseTime } from '../../time/index.js';
import { addLockWait, addRecipientOptions } from '../backup/write-options.js';
import { addCommonOptions, archiveFolderOf, nowSeconds, prefixesOf } from '../common-options.js';
import { indexEncoding } from '../indexing/encoding.js';
import type { IndexEncodingOptions } from '../indexing/encoding.js';
import {
  openFor,
  openKeyring,
  openStorageFor,
  trustPolicyOf,
  withRepository,
} from '../open-repository.js';
import { Output } from '../output.js';
import { namingReadableSets } from '../readable-sets.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand } from '../options/index.js';
import { programVersion } from '../version.js';

interface IndexCommandOptions extends IndexEncodingOptions {
  readonly since?: string;
  readonly upload: boolean;
  readonly dryRun: boolean;
  readonly lockWait: number;
  readonly json: boolean;
}

interface IndexJob {
  readonly url: string;
  readonly options: IndexCommandOptions;
  readonly context: CommandContext;
}

/** `index`: decodes each volume that another program wrote once, so that parts of it can be read from then on. */
export function indexCommand(): Command {
  const command = new LazyCommand('index')
    .description(
      'decode the volumes that duplicity wrote once, so that mounts and restores read only parts of them from then on',
    )
    .argument('<url>', 'where the backup lies')
    .option('--since <time>', 'only sets of this time or later: 3M, 2026-11-01, …')
    .option('--upload', 'put what was learned beside the backup, for other machines', false)
    .option('-n, --dry-run', 'with --upload: show which sets would get an index', false);
  addLockWait(addRecipientOptions(command));
  command
    .option('--json', 'print the result as JSON', false)
    .action(async (url: string, options: IndexCommandOptions) => {
      await runCommand(options.verbosity, (context) => runIndex({ url, options, context }));
    });
  return addCommonOptions(command);
}

async function runIndex(job: IndexJob): Promise<number> {
  const { url, options, context } = job;
  if (options.upload) return withTarget(job, (opened) => upload(job, opened));
  if (options.dryRun) throw new DuplifsError('USAGE', '--dry-run is for --upload');
  return withRepository(url, options, context, async (repository) => {
    const result = await decodeAll(job, repository);
    const output = new Output(process.stdout);
    if (options.json) await output.json(result);
    else await printDecoded(output, result);
    await output.end();
    return result.failed > 0 ? exitCodes.INCOMPLETE : 0;
  });
}

interface Opened {
  readonly repository: Repository;
  /** The same backup, to write to. */
  readonly target: Target;
}

async function withTarget(
  { url, options, context }: IndexJob,
  work: (opened: Opened) => Promise<number>,
): Promise<number> {
  const { log, signal, statistics } = context;
  const keys = await openKeyring(options, log);
  const storage = await openStorageFor(url, options, log, { statistics });
  const repository = await openFor(
    { url, options, log },
    { signal, statistics, opened: { storage, keys } },
  );
  const { report } = log;
  const target = new Target({
    storage,
    archiveFolder: archiveFolderOf(url, options),
    prefixes: prefixesOf(options),
    decode: { keyring: keys, signKey: options.signKey ?? options.encryptSignKey, report },
    trust: trustPolicyOf(options, log),
    report,
  });
  try {
    return await namingReadableSets(repository, signal, () => work({ repository, target }));
  } finally {
    await repository.close();
  }
}

async function upload(job: IndexJob, { repository, target }: Opened): Promise<number> {
  const { options, context } = job;
  const { log, signal } = context;
  const sinceSeconds = sinceOf(options);
  const plan = await planIndexes({ repository, target, sinceSeconds, signal });
  if (options.dryRun) return showPlan(job, plan);
  const decoded = await decodeAll(job, repository);
  const uploaded = await uploadIndexes({
    repository,
    target,
    plan,
    encodingFor: (set) => indexEncoding(target, set, { options, signal }),
    producer: `duplifs ${programVersion()}`,
    tempFolder: options.tempdir ?? tmpdir(),
    lockWaitSeconds: options.lockWait,
    signal,
    report: log.report,
  });
  await target.trust.save();
  await print(options, decoded, uploaded);
  return decoded.failed + uploaded.failed.length > 0 ? exitCodes.INCOMPLETE : 0;
}

async function showPlan(
  { options, context }: IndexJob,
  { planned, failed }: IndexPlan,
): Promise<number> {
  for (const { setKey, reason } of failed) {
    context.log.report({ level: 'error', code: 'index-not-written', setKey, reason });
  }
  const keys = planned.map(({ set }) => set.key);
  const output = new Output(process.stdout);
  if (options.json) await output.json({ planned: keys, failed: failed.length });
  else if (keys.length === 0) await output.line('Every set has an index');
  else for (const key of keys) await output.line(`Would write an index of set ${key}`);
  await output.end();
  return failed.length > 0 ? exitCodes.INCOMPLETE : 0;
}

function sinceOf(options: IndexCommandOptions): number | undefined {
  const { since } = options;
  return since === undefined ? undefined : parseTime(since, nowSeconds(options));
}

async function decodeAll(
  { options, context }: IndexJob,
  repository: Repository,
): Promise<CatalogueProgress> {
  const { log, signal } = context;
  const isTerminal = process.stderr.isTTY && !options.json;
  const result = await repository.catalogueAll({
    signal,
    sinceSeconds: sinceOf(options),
    concurrency: 2,
    onFailure: (error) => {
      log.error(`duplifs: ${errorText(error)}`);
    },
    onVolume: ({ decoded, known, failed, volumes }) => {
      if (isTerminal) process.stderr.write(`\r${decoded + known + failed} of ${volumes} volumes`);
    },
  });
  if (isTerminal) process.stderr.write('\r\x1b[K');
  signal.throwIfAborted();
  return result;
}

async function print(
  { json }: IndexCommandOptions,
  decoded: CatalogueProgress,
  { written, failed }: UploadResult,
): Promise<void> {
  const output = new Output(process.stdout);
  if (json) {
    await output.json({ ...decoded, written, notWritten: failed });
  } else {
    await printDecoded(output, decoded);
    const count = written.length === 1 ? '1 index' : `${written.length} indexes`;
    await output.line(`Wrote ${count}.`);
    if (failed.length > 0) await output.line(`${failed.length} sets got none.`);
  }
  await output.end();
}

async function printDecoded(
  output: Output,
  { decoded, known, failed }: CatalogueProgress,
): Promise<void> {
  await output.line(`Decoded ${decoded} volumes; ${known} were known before.`);
  if (failed > 0) await output.line(`${failed} volumes or sets could not be read.`);
}
