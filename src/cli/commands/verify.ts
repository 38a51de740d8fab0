import { stat } from 'node:fs/promises';
import { Command } from 'commander';
import { compilePlan, walkSource } from '../../source/index.js';
import { signaturesUpTo, signedTree } from '../../signatures/index.js';
import type { PreviousEntry } from '../../signatures/index.js';
import { DuplifsError, encodeName, errorText, exitCodes, NameTable } from '../../base/index.js';
import { verify } from '../../verify/index.js';
import type { ComparedEntry } from '../../verify/index.js';
import type { Repository, Snapshot } from '../../snapshot/index.js';
import { addSelectionOptions, selectionOf } from '../backup/selection-options.js';
import type { SelectionOptions } from '../backup/selection-options.js';
import { addCommonOptions } from '../common-options.js';
import { lastFullLine } from '../last-full.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
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
  const command = new Command('verify')
    .description('read the whole backup and compare each file with its signature or with a folder')
    .argument('<url>', 'where the backup lies')
    .argument('<folder>', 'the folder that was backed up')
    .option('--compare-data', 'compare with the folder, byte by byte', false)
    .option('-L, --copy-links', 'compare with what symbolic links point to', false)
    .action(async (url: string, folder: string, options: VerifyCommandOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(
          url,
          options,
          context,
          (repository) => runVerify(repository, folder, options, context),
          { wholeVolumes: true },
        ),
      );
    });
  return addSelectionOptions(addTimeOptions(addCommonOptions(command)));
}

async function runVerify(
  repository: Repository,
  folderAsGiven: string,
  options: VerifyCommandOptions,
  context: CommandContext,
): Promise<number> {
  const { log, signal } = context;
  const { compareData, copyLinks, pathToRestore } = options;
  const snapshot = snapshotAt(repository, options);
  const folder = folderAsGiven.replace(/\/+$/, '') || '/';
  if (compareData) await refuseMissing(folder);
  await snapshot.load(signal);
  const start = snapshot.resolve(pathToRestore);
  const output = new Output(process.stdout);
  await output.line(lastFullLine(repository));
  let damaged = 0;
  const result = await verify(snapshot, start, {
    other: compareData
      ? entriesOf(folder, options, signal)
      : signedEntries(repository, snapshot, options, context),
    folder: compareData ? folder : undefined,
    followLinks: copyLinks,
    onDifference: async (line) => {
      await output.line(encodeName(line));
      await output.end(); // it may take hours until the next
    },
    onFailure: (path, error) => {
      log.error(`duplifs: "${path === '' ? '.' : path}" cannot be verified: ${errorText(error)}`);
    },
    signal,
  });
  if (pathToRestore === '') {
    // what no file of this time needs is part of the backup all the same
    const onFailure = (name: string, error: unknown): void => {
      damaged += 1;
      log.error(`duplifs: "${name}" cannot be read: ${errorText(error)}`);
    };
    await repository.decodeRest(snapshot.set, onFailure, signal);
  }
  const { compared, differences, failures } = result;
  await output.line(
    `Verify complete: ${count(compared, 'file')} compared, ${count(differences, 'difference')} found.`,
  );
  await output.end();
  return differences + failures + damaged > 0 ? exitCodes.INCOMPLETE : 0;
}

async function refuseMissing(folder: string): Promise<void> {
  try {
    await stat(encodeName(folder));
  } catch (error) {
    throw new DuplifsError('TARGET', `Cannot compare with "${folder}": ${errorText(error)}`, {
      hint: 'Give the folder that was backed up, or leave --compare-data out',
      cause: error,
    });
  }
}

async function* entriesOf(
  folder: string,
  options: VerifyCommandOptions,
  signal: AbortSignal,
): AsyncGenerator<ComparedEntry[]> {
  const walk = walkSource(folder, {
    ...compilePlan(selectionOf(folder, options)),
    copyLinks: options.copyLinks,
    signal,
  });
  for await (const items of walk) yield items.filter((item) => item.kind === 'entry');
}

/** The tree as the signatures have it; undefined when some are missing, as reading does not need them. */
function signedEntries(
  repository: Repository,
  { set }: Snapshot,
  { pathToRestore, numericOwner }: VerifyCommandOptions,
  { log, signal }: CommandContext,
): AsyncGenerator<ComparedEntry[]> | undefined {
  const signatures = signaturesUpTo(repository.collection, set.key);
  if (signatures === undefined) {
    log.warn('Signatures of the chain are missing: files are held against their volumes only');
    return undefined;
  }
  const tree = signedTree(signatures, (file) => repository.decodeStored(file, signal));
  return belowPath(tree, pathToRestore, numericOwner);
}

/** The entries at and below a path, by their paths below it and with the owners that they have here. */
async function* belowPath(
  tree: AsyncIterable<readonly PreviousEntry[]>,
  top: string,
  numericOwner: boolean,
): AsyncGenerator<ComparedEntry[]> {
  const users = numericOwner ? undefined : new NameTable('passwd');
  const groups = numericOwner ? undefined : new NameTable('group');
  for await (const entries of tree) {
    const found: ComparedEntry[] = [];
    for (const { signature, ...entry } of entries) {
      const path = pathBelow(entry.path, top);
      if (path === undefined) continue;
      found.push({
        ...entry,
        path,
        uid: users?.id(entry.userName) ?? entry.uid,
        gid: groups?.id(entry.groupName) ?? entry.gid,
        signature: entry.kind === 'signature' ? signature : undefined,
      });
    }
    yield found;
  }
}

/** Undefined for what lies elsewhere. */
function pathBelow(path: string, top: string): string | undefined {
  if (top === '') return path;
  if (path === top) return '';
  return path.startsWith(`${top}/`) ? path.slice(top.length + 1) : undefined;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
