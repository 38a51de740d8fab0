import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import { isStorageUrl } from '../../storage/index.js';
import { addSelectionOptions } from '../backup/selection-options.js';
import { addCommonOptions } from '../common-options.js';
import { withRepository } from '../open-repository.js';
import { LazyCommand, addGroup } from '../options/index.js';
import type { RestoreCommandOptions } from '../restore/restore-options.js';
import { runRestore } from '../restore/run-restore.js';
import { withPath } from '../restore-place.js';
import { runCommand } from '../run-command.js';
import { addTimeOptions } from '../time-options.js';

/** `restore`: the backup, or parts of it, as of a time, into a folder. */
export function restoreCommand(): Command {
  const command = new LazyCommand('restore')
    .description('restore the backup, or parts of it, as of now or of --time')
    .argument('<url>', 'where the backup lies')
    .argument(
      '[target]',
      'a new or empty folder; with --into-dated-folder or --to-original the path to restore',
    )
    .option('--into-dated-folder <folder>', 'into a new folder in this one, named by the time')
    .option(
      '--to-original',
      'restore to where it was backed up from, over what is there; asks first',
      false,
    )
    .option('--yes', 'do not ask', false)
    .action(async (url: string, argument: string | undefined, given: RestoreCommandOptions) => {
      if (argument !== undefined) refuseSwapped(url, argument);
      const { options, target } = withPath(given, argument);
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, (repository) =>
          runRestore(repository, { target, options, context }),
        ),
      );
    });
  return addSelectionOptions(addTimeOptions(addCommonOptions(addGroup(command, 'restore'))));
}

/** duplicity 0.8 makes a backup of "restore FOLDER URL"; here it is refused. */
function refuseSwapped(url: string, target: string): void {
  if (isStorageUrl(url) || !isStorageUrl(target)) return;
  throw new DuplifsError('USAGE', 'The URL of the backup comes first', {
    hint: `To restore: duplifs restore "${target}" "${url}"; to back up: duplifs backup "${url}" "${target}"`,
  });
}
