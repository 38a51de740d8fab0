import { Command, Option } from 'commander';
import { DuplifsError, errorText, eventLoopTurns, exitCodes } from '../../base/index.js';
import { isStorageUrl } from '../../storage/index.js';
import { restore } from '../../restore/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { withRepository } from '../open-repository.js';
import { ProgressLine } from '../progress-line.js';
import { restorePlace, withPath } from '../restore-place.js';
import type { RestorePlaceOptions } from '../restore-place.js';
import type { Repository } from '../../repository/index.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import { addTimeOptions, snapshotAt } from '../time-options.js';
import type { TimeOptions } from '../time-options.js';

interface RestoreCommandOptions extends CommonOptions, TimeOptions, RestorePlaceOptions {
  readonly force: boolean;
  readonly pathToRestore: string;
  readonly restoreOwnership: boolean;
  readonly sparse: boolean;
  readonly doNotRestoreOwnership?: boolean;
}

/** `restore`: the backup, or one path of it, as of a time, into a folder. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .description('restore the backup, or one path of it, as of now or of --time')
    .argument('<url>', 'where the backup lies')
    .argument(
      '[target]',
      'a folder that does not exist yet, or an empty one; with --into-dated-folder and --to-original the path to restore',
    )
    .option(
      '--into-dated-folder <folder>',
      'restore into a new folder in this one, named by the time',
    )
    .option(
      '--to-original',
      'restore to where it was backed up from, over what is there; asks first',
      false,
    )
    .option('--yes', 'do not ask', false)
    .option('--no-restore-ownership', 'leave what is restored to whoever runs this')
    .addOption(new Option('--do-not-restore-ownership').hideHelp())
    .option('--no-sparse', 'write runs of zeros instead of leaving holes in files')
    .action(async (url: string, argument: string | undefined, given: RestoreCommandOptions) => {
      if (argument !== undefined) refuseSwapped(url, argument);
      const place = withPath(given, argument);
      await runCommand(given.verbosity, async (context) =>
        withRepository(url, place.options, context, (repository) =>
          runRestore(repository, place, context),
        ),
      );
    });
  return addTimeOptions(addCommonOptions(command));
}

async function runRestore(
  repository: Repository,
  { options, target: named }: ReturnType<typeof withPath<RestoreCommandOptions>>,
  { log, signal }: CommandContext,
): Promise<number> {
  const { snapshot, isLess } = await snapshotAt(repository, options, signal);
  await snapshot.load(signal);
  await snapshot.provePath(options.pathToRestore, signal);
  const start = snapshot.resolve(options.pathToRestore);
  const setIds = options.pathToRestore === '' ? undefined : await setsOf(snapshot, start);
  // a wrong passphrase is noticed before anything is written, also where the archive dir has all lists
  await repository.proveTree(snapshot.set, setIds, signal);
  const { target, force } = await restorePlace(repository, snapshot, { options, target: named });
  if (named === undefined) log.notice(`Restoring to "${target}"`);
  const progress = ProgressLine.onTerminal();
  const result = await restore(snapshot, start, target, {
    ownership: options.restoreOwnership && options.doNotRestoreOwnership !== true,
    sparse: options.sparse,
    force,
    signal,
    report: log.report,
    onFailure: (path, error) => {
      log.error(`duplifs: "${path === '' ? target : path}" was not restored: ${errorText(error)}`);
    },
    onProgress:
      progress &&
      ((state) => {
        progress.show(state);
      }),
  }).finally(() => progress?.end());
  log.notice(`Restored ${result.entries - result.failures} entries, ${result.bytes} bytes`);
  if (result.failures > 0) {
    log.error(`duplifs: ${result.failures} entries were not restored`);
  }
  if (result.disagreements > 0) return exitCodes.DAMAGED;
  return isLess || result.failures + result.incomplete > 0 ? exitCodes.INCOMPLETE : 0;
}

/** The ids of the sets that the files of a part of the tree were changed in. */
async function setsOf(snapshot: Snapshot, start: SnapshotEntry): Promise<ReadonlySet<number>> {
  const turn = eventLoopTurns();
  const ids = new Set<number>();
  for (const { entry } of snapshot.walk(start)) {
    if (entry.type === 'reg') ids.add(entry.setId);
    await turn();
  }
  return ids;
}

/** duplicity 0.8 makes a backup of "restore FOLDER URL"; here it is refused. */
function refuseSwapped(url: string, target: string): void {
  if (isStorageUrl(url) || !isStorageUrl(target)) return;
  throw new DuplifsError('USAGE', 'The URL of the backup comes first', {
    hint: `To restore: duplifs restore "${target}" "${url}"; to back up: duplifs backup "${url}" "${target}"`,
  });
}
