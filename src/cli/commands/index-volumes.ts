import type { Command } from 'commander';
import { errorText, exitCodes } from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import { parseTime } from '../../time/index.js';
import { addCommonOptions, nowSeconds } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

interface IndexCommandOptions extends CommonOptions {
  readonly since?: string;
  readonly json: boolean;
}

/** `index`: decodes each volume that another program wrote once, so that parts of it can be read from then on. */
export function indexCommand(): Command {
  const command = new LazyCommand('index')
    .description(
      'decode the volumes that duplicity wrote once, so that mounts and restores read only parts of them from then on',
    )
    .argument('<url>', 'where the backup lies')
    .option('--since <time>', 'only sets of this time or later: 3M, 2026-11-01, …')
    .option('--json', 'print the result as JSON', false)
    .action(async (url: string, options: IndexCommandOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, async (repository) =>
          indexVolumes(repository, options, context),
        ),
      );
    });
  return addCommonOptions(command);
}

async function indexVolumes(
  repository: Repository,
  options: IndexCommandOptions,
  { log, signal }: CommandContext,
): Promise<number> {
  const { since } = options;
  const sinceSeconds = since === undefined ? undefined : parseTime(since, nowSeconds(options));
  const isTerminal = process.stderr.isTTY && !options.json;
  const result = await repository.catalogueAll({
    signal,
    sinceSeconds,
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
  const { decoded, known, failed } = result;
  const output = new Output(process.stdout);
  if (options.json) await output.json(result);
  else await output.line(`Decoded ${decoded} volumes; ${known} were known before.`);
  if (failed > 0 && !options.json)
    await output.line(`${failed} volumes or sets could not be read.`);
  await output.end();
  return failed > 0 ? exitCodes.INCOMPLETE : 0;
}
