import type { Command } from 'commander';
import {
  DuplifsError,
  encodeName,
  errorText,
  exitCodes,
  isDuplifsError,
} from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import { isStorageUrl } from '../../storage/index.js';
import { verifyBackup } from '../../verify/index.js';
import type { VerifyFailure } from '../../verify/index.js';
import { addSelectionOptions, selectionOf } from '../backup/selection-options.js';
import type { SelectionOptions } from '../backup/selection-options.js';
import { addCommonOptions } from '../common-options.js';
import { differenceText } from '../difference-text.js';
import { lastFullLine } from '../last-full.js';
import { withRepository } from '../open-repository.js';
import { LazyCommand, addGroup } from '../options/index.js';
import { Output } from '../output.js';
import { personality } from '../personality.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { addTimeOptions, snapshotAt } from '../time-options.js';
import type { TimeOptions } from '../time-options.js';

interface VerifyCommandOptions extends SelectionOptions, TimeOptions {
  readonly compareData: boolean;
  readonly copyLinks: boolean;
}

/** `verify`: every file of the backup is decoded and compared with its signature, or with a folder. */
export function verifyCommand(): Command {
  const command = new LazyCommand('verify')
    .description('read the whole backup and compare each file with its signature or with a folder')
    .argument('<url>', 'where the backup lies')
    .argument('<folder>', 'the folder that was backed up')
    .option('-L, --copy-links', 'compare with what symbolic links point to', false)
    .action(async (url: string, folder: string, options: VerifyCommandOptions) => {
      refuseSwapped(url, folder);
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, { ...context, wholeVolumes: true }, (repository) =>
          runVerify(repository, folder, options, context),
        ),
      );
    });
  addGroup(command, 'verify');
  return addSelectionOptions(addTimeOptions(addCommonOptions(command)));
}

async function runVerify(
  repository: Repository,
  folderAsGiven: string,
  options: VerifyCommandOptions,
  { log, signal }: CommandContext,
): Promise<number> {
  const { compareData, copyLinks, pathToRestore, numericOwner } = options;
  const { snapshot, isLess } = await snapshotAt(repository, options, signal);
  await repository.proveTree(snapshot.set, pathToRestore === '' ? undefined : [], signal);
  const path = folderAsGiven.replace(/\/+$/, '') || '/';
  const output = new Output(process.stdout);
  await output.line(lastFullLine(repository));
  let damaged = 0;
  const result = await verifyBackup(repository, snapshot, {
    path: pathToRestore,
    folder: compareData ? { path, selection: selectionOf(path, options), copyLinks } : undefined,
    numericOwner,
    onDifference: async (difference) => {
      const text = differenceText(difference);
      log.record('notice', { code: 1 }, text);
      await output.line(encodeName(text));
      await output.end(); // it may take hours until the next
    },
    onFailure: (failure) => {
      if (isDuplifsError(failure.reason, 'DAMAGED')) damaged += 1;
      log.error(`${personality().prefix}${failureText(failure)}`);
    },
    report: log.report,
    signal,
  });
  const { compared, differences, failures, differingSets } = result;
  const complete = `Verify complete: ${count(compared, 'file')} compared, ${count(differences, 'difference')} found.`;
  await output.line(complete);
  log.record('notice', { code: 1 }, complete);
  if (differingSets.length > 0) {
    await output.line(
      `What differs is in ${differingSets.join(', ')}: the signatures or the volumes there are of another time or set.`,
    );
  }
  if (failures > 0) {
    await output.line(
      `${count(failures, 'file or volume', 'files or volumes')} could not be read.`,
    );
  }
  await output.end();
  if (damaged > 0) return exitCodes.DAMAGED;
  return isLess || differences + failures > 0 ? exitCodes.INCOMPLETE : 0;
}

/** Swapped, the folder would be taken for a backup. */
function refuseSwapped(url: string, folder: string): void {
  if (isStorageUrl(url) || !isStorageUrl(folder)) return;
  throw new DuplifsError('USAGE', 'The URL of the backup comes first', {
    hint: `To verify: duplifs verify "${folder}" "${url}"`,
  });
}

function failureText(failure: VerifyFailure): string {
  const reason = errorText(failure.reason);
  if (failure.kind === 'volume') return `"${failure.name}" cannot be read: ${reason}`;
  return `"${failure.path === '' ? '.' : failure.path}" cannot be verified: ${reason}`;
}

function count(number: number, word: string, words = `${word}s`): string {
  return `${number} ${number === 1 ? word : words}`;
}
