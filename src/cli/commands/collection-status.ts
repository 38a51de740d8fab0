import { Command } from 'commander';
import { exitCodes } from '../../base/index.js';
import {
  formatStatus,
  lockedTexts,
  mirrorGapText,
  missingTexts,
  statusObject,
} from '../status/index.js';
import type { LockedSet } from '../status/index.js';
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
          const locked: LockedSet[] = [];
          const states = await repository.examineSets((setKey, reason) => {
            locked.push({ setKey, reason });
          }, context.signal);
          const missing = missingTexts(states, repository.collection);
          const mirrorGaps = repository.mirrorGaps();
          const notes = [...missing, ...lockedTexts(locked), ...mirrorGaps.map(mirrorGapText)];
          const output = new Output(process.stdout);
          if (options.json) {
            await output.json(statusObject(repository.collection, { notes, states, mirrorGaps }));
          } else {
            const lines = formatStatus(repository.collection, {
              backend: 'BackendWrapper',
              archiveDir: archiveFolderOf(url, options),
              notes,
            });
            for (const line of lines) await output.line(line);
          }
          await output.end();
          if (locked.length > 0) {
            if (options.json) for (const note of notes) context.log.error(`duplifs: ${note}`);
            return exitCodes.KEY;
          }
          return missing.length + mirrorGaps.length > 0 ? exitCodes.INCOMPLETE : 0;
        }),
      );
    });
  return addCommonOptions(command);
}
