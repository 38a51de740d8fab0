import { Command } from 'commander';
import { exitCodes } from '../../base/index.js';
import {
  formatStatus,
  isLocked,
  mirrorGapText,
  missingTexts,
  statusObject,
} from '../status/index.js';
import { addCommonOptions, archiveFolderOf } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';

interface StatusOptions extends CommonOptions {
  readonly json: boolean;
}

/** `collection-status`: the chains and sets at a target, as duplicity prints them, and what is wrong. */
export function statusCommand(): Command {
  const command = new Command('collection-status')
    .alias('status')
    .description('show the chains and backup sets, and what is missing')
    .argument('<url>', 'where the backup lies')
    .option('--json', 'print JSON lines', false)
    .action(async (url: string, options: StatusOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, async (repository) => {
          const missing = await repository.missingVolumes(context.signal);
          const gaps = repository.mirrorGaps();
          const notes = [...missingTexts(missing), ...gaps.map(mirrorGapText)];
          const output = new Output(process.stdout);
          if (options.json) {
            await output.json(statusObject(repository.collection, notes, gaps));
          } else {
            const lines = formatStatus(repository.collection, {
              backend: 'BackendWrapper',
              archiveDir: archiveFolderOf(url, options),
              notes,
            });
            for (const line of lines) await output.line(line);
          }
          await output.end();
          const isAnyLocked = missing.some(isLocked);
          if (!isAnyLocked) return gaps.length > 0 ? exitCodes.INCOMPLETE : 0;
          if (options.json) for (const note of notes) context.log.error(`duplifs: ${note}`);
          return exitCodes.KEY;
        }),
      );
    });
  return addCommonOptions(command);
}
