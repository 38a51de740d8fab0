import { Option } from 'commander';
import type { Command } from 'commander';
import { DuplifsError, errorText, exitCodes } from '../../base/index.js';
import { archiveFormats, archiveWriter, dump } from '../../dump/index.js';
import type { ArchiveFormat } from '../../dump/index.js';
import type { Repository } from '../../repository/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { withRepository } from '../open-repository.js';
import { ProgressLine } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { writeStandardOutput } from '../standard-bytes.js';
import { LazyCommand, cleanPath } from '../options/index.js';
import { addTimeOption, snapshotAt } from '../time-options.js';
import type { TimeOptions } from '../time-options.js';

interface DumpCommandOptions extends CommonOptions, Pick<TimeOptions, 'time'> {
  readonly format: ArchiveFormat;
}

/** A zip archive's directory stands at its end, and in memory until then. */
const mostZipEntries = 200_000;

/** `dump`: a folder, or all, as an archive on standard output. */
export function dumpCommand(): Command {
  const command = new LazyCommand('dump')
    .description('write a folder, or the whole backup, as an archive to standard output')
    .argument('<url>', 'where the backup lies')
    .argument('[path]', 'a path of the backup (default: all of it)', cleanPath, '')
    .addOption(
      new Option('--format <format>', 'of the archive').choices(archiveFormats).default('tar'),
    )
    .action(async (url: string, path: string, options: DumpCommandOptions) => {
      await runCommand(options.verbosity, async (context) => {
        refuseTerminal();
        return withRepository(url, options, context, (repository) =>
          runDump(repository, path, options, context),
        );
      });
    });
  return addTimeOption(addCommonOptions(command));
}

async function runDump(
  repository: Repository,
  path: string,
  options: DumpCommandOptions,
  { log, signal }: CommandContext,
): Promise<number> {
  const { snapshot, isLess } = await snapshotAt(repository, options, signal);
  await snapshot.load(signal);
  const start = await snapshot.resolveProven(path, signal);
  if (options.format === 'zip') refuseMany(snapshot, start);
  const progress = ProgressLine.onTerminal();
  const totals = progress && totalsOf(snapshot, start);
  const archive = await archiveWriter(options.format, writeStandardOutput);
  const result = await dump(snapshot, start, archive, {
    numericOwner: options.numericOwner,
    onFailure: (failed, error) => {
      log.error(`duplifs: "${failed === '' ? '.' : failed}" is not dumped: ${errorText(error)}`);
    },
    onCut: (cut, { reason, sinceSeconds }) => {
      log.report({ level: 'warning', code: 'file-incomplete', path: cut, reason, sinceSeconds });
    },
    onUnheld: (name, reason) => {
      log.warn(
        `"${name}" could not be read, so what else it may hold is not dumped: ${errorText(reason)}`,
      );
    },
    onProgress:
      progress &&
      totals &&
      ((state) => {
        progress.show({ ...state, ...totals });
      }),
    signal,
  }).finally(() => progress?.end());
  log.info(`Dumped ${result.entries} entries, ${result.bytes} bytes`);
  if (result.failures > 0) log.error(`duplifs: ${result.failures} entries were not dumped`);
  if (result.disagreements > 0) return exitCodes.DAMAGED;
  return isLess || result.failures + result.incomplete > 0 ? exitCodes.INCOMPLETE : 0;
}

function refuseTerminal(): void {
  if (!process.stdout.isTTY) return;
  throw new DuplifsError('USAGE', 'An archive is nothing for a terminal', {
    hint: 'Send it into a file or a program: duplifs dump … > folder.tar, or duplifs dump … | tar -x',
  });
}

function refuseMany(snapshot: Snapshot, start: SnapshotEntry): void {
  if (totalsOf(snapshot, start).totalEntries <= mostZipEntries) return;
  throw new DuplifsError(
    'USAGE',
    `There are more than ${mostZipEntries} entries, which a zip archive would have to keep in memory`,
    { hint: 'Dump it as tar, or its folders one by one' },
  );
}

function totalsOf(
  snapshot: Snapshot,
  start: SnapshotEntry,
): { totalEntries: number; totalBytes: number } {
  let totalEntries = 0;
  let totalBytes = 0;
  for (const { entry } of snapshot.walk(start)) {
    totalEntries += 1;
    if (entry.type === 'reg') totalBytes += entry.sizeLimit;
  }
  return { totalEntries, totalBytes };
}
