import { Command } from 'commander';
import { walkSource } from '../../backup/index.js';
import { encodeName, errorText, exitCodes } from '../../base/index.js';
import { verify, type ComparedEntry } from '../../restore/index.js';
import {
  addSelectionOptions,
  selectionOf,
  type SelectionOptions,
} from '../backup/selection-options.js';
import { addCommonOptions } from '../common-options.js';
import { lastFullLine } from '../last-full.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import { addTimeOptions, snapshotAt, type TimeOptions } from '../time-options.js';

interface VerifyCommandOptions extends SelectionOptions, TimeOptions {
  readonly compareData: boolean;
  readonly copyLinks: boolean;
}

/** `verify`: every file of the backup is decoded, and with --compare-data compared with a folder. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('read every file of the backup, and with --compare-data compare it with a folder')
    .argument('<url>', 'where the backup lies')
    .argument('<folder>', 'the folder that was backed up')
    .option('--compare-data', 'compare with the folder, byte by byte', false)
    .option('-L, --copy-links', 'compare with what symbolic links point to', false)
    .action(async (url: string, folder: string, options: VerifyCommandOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, async (repository) => {
          const { log, signal } = context;
          const snapshot = snapshotAt(repository, options);
          await snapshot.load(signal);
          const start = snapshot.resolve(options.pathToRestore);
          const output = new Output(process.stdout);
          await output.line(lastFullLine(repository));
          const lines: string[] = [];
          const sourceRoot = folder.replace(/\/+$/, '') || '/';
          const result = await verify(snapshot, start, {
            source: options.compareData ? entriesOf(sourceRoot, options, signal) : undefined,
            sourceRoot,
            onDifference: (line) => lines.push(line),
            onFailure: (path, error) => {
              log.error(`duplifs: "${path}" cannot be read: ${errorText(error)}`);
            },
            signal,
          });
          for (const line of lines) await output.line(encodeName(line));
          const { compared, differences, failures } = result;
          await output.line(
            `Verify complete: ${count(compared, 'file')} compared, ${count(differences, 'difference')} found.`,
          );
          await output.end();
          return differences + failures > 0 ? exitCodes.INCOMPLETE : 0;
        }),
      );
    });
  return addSelectionOptions(addTimeOptions(addCommonOptions(command)));
}

async function* entriesOf(
  folder: string,
  options: VerifyCommandOptions,
  signal: AbortSignal,
): AsyncGenerator<ComparedEntry[]> {
  const { selector, filesFrom } = selectionOf(folder, options);
  const walk = walkSource(folder, {
    selector,
    ...(filesFrom === undefined ? {} : { filesFrom }),
    copyLinks: options.copyLinks,
    signal,
  });
  for await (const items of walk) yield items.filter((item) => item.kind === 'entry');
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
