import type { Command } from 'commander';
import { DuplifsError, exitCodes } from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import { fileChunks } from '../../snapshot/index.js';
import type { SnapshotEntry } from '../../snapshot/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { withRepository } from '../open-repository.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { writeStandardOutput } from '../standard-bytes.js';
import { LazyCommand, cleanPath } from '../options/index.js';
import { addTimeOption, snapshotAt } from '../time-options.js';
import type { TimeOptions } from '../time-options.js';

type CatOptions = CommonOptions & Pick<TimeOptions, 'time'>;

/** `cat`: the bytes of one file on standard output. */
export function catCommand(): Command {
  const command = new LazyCommand('cat')
    .description('write the bytes of one file to standard output')
    .argument('<url>', 'where the backup lies')
    .argument('<path>', 'a regular file of the backup', cleanPath)
    .action(async (url: string, path: string, options: CatOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, (repository) =>
          runCat(repository, path, options, context),
        ),
      );
    });
  return addTimeOption(addCommonOptions(command));
}

async function runCat(
  repository: Repository,
  path: string,
  options: CatOptions,
  { log, signal }: CommandContext,
): Promise<number> {
  const { snapshot, isLess } = await snapshotAt(repository, options, signal);
  await snapshot.load(signal);
  await snapshot.provePath(path, signal);
  const entry = snapshot.resolve(path);
  refuseOther(path, entry);
  const complete = await snapshot.complete(entry, signal);
  for await (const chunk of fileChunks(snapshot, complete, signal))
    await writeStandardOutput(chunk);
  const cut = snapshot.cutOf(complete);
  if (cut !== undefined) {
    const { reason, since } = cut;
    log.report({
      level: 'warning',
      code: 'file-incomplete',
      path,
      reason,
      sinceSeconds: since.endSeconds,
    });
  }
  return isLess || cut !== undefined ? exitCodes.INCOMPLETE : 0;
}

const nouns = {
  reg: 'a file',
  dir: 'a folder',
  sym: 'a symbolic link',
  fifo: 'a pipe',
  chr: 'a device',
  blk: 'a device',
} as const;

/** Links are not followed: what they lead to need not be in the backup, nor be what it was. */
function refuseOther(path: string, { type, linkTarget }: SnapshotEntry): void {
  if (type === 'reg') return;
  const hint =
    type === 'dir'
      ? 'Write a folder as an archive, with dump'
      : linkTarget === undefined
        ? undefined
        : `It leads to "${linkTarget}"`;
  throw new DuplifsError('USAGE', `"${path}" is ${nouns[type]} and has no bytes`, { hint });
}
