import type { Command } from 'commander';
import { DuplifsError, errorText, exitCodes } from '../../base/index.js';
import { diffFolder, diffTrees } from '../../queries/index.js';
import type { Change, DiffOptions as HowToCompare } from '../../queries/index.js';
import type { ChosenSnapshot, Repository } from '../../repository/index.js';
import { addSelectionOptions, selectionOf } from '../backup/selection-options.js';
import type { SelectionOptions } from '../backup/selection-options.js';
import { addCommonOptions } from '../common-options.js';
import { CounterLine } from '../counter-line.js';
import { ChangeCounts, jsonOfChange, textOfChange } from '../change-text.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand, cleanPath } from '../options/index.js';
import { addUseIncomplete, snapshotAt } from '../time-options.js';

interface DiffOptions extends SelectionOptions {
  readonly with?: string;
  readonly compareData: boolean;
  readonly copyLinks: boolean;
  readonly stat: boolean;
  readonly json: boolean;
}

/** What is compared, as the arguments say. */
interface Compared {
  readonly times: readonly string[];
  readonly path: string;
}

/** `diff`: what changed between two times, or between a time and a folder. */
export function diffCommand(): Command {
  const command = new LazyCommand('diff')
    .description('show what changed between two times, or with --with between one and a folder')
    .usage(
      '[options] <url> <time> <time> [path]\n       duplifs diff [options] <url> <time> --with <folder> [path]',
    )
    .argument('<url>', 'where the backup lies')
    .argument('<time>', 'as for --time elsewhere, or "latest"')
    .argument('[more...]', 'the other time, and a path of the backup')
    .option('--with <folder>', 'compare with this folder as it is now')
    .option('--compare-data', 'compare bytes too, where the metadata may hide a change', false)
    .option('-L, --copy-links', 'with --with: compare with what symbolic links point to', false)
    .option('--stat', 'print numbers and sizes only', false)
    .option('--json', 'print JSON lines', false)
    .action(async (url: string, time: string, more: readonly string[], options: DiffOptions) => {
      await runCommand(options.verbosity, async (context) => {
        const compared = comparedOf([time, ...more], options);
        return withRepository(url, options, context, (repository) =>
          runDiff(repository, compared, options, context),
        );
      });
    });
  return addSelectionOptions(addUseIncomplete(addCommonOptions(command)));
}

function comparedOf(given: readonly string[], options: DiffOptions): Compared {
  const times = options.with === undefined ? 2 : 1;
  if (given.length < times || given.length > times + 1) {
    throw new DuplifsError(
      'USAGE',
      'Give two times, or one and a folder by --with, and at most one path',
      {
        hint: 'duplifs diff URL 3D now; duplifs diff URL latest --with /home/me home/me',
      },
    );
  }
  return { times: given.slice(0, times), path: cleanPath(given[times] ?? '') };
}

async function runDiff(
  repository: Repository,
  { times, path }: Compared,
  options: DiffOptions,
  context: CommandContext,
): Promise<number> {
  const { log, signal } = context;
  const counter = CounterLine.onTerminal('paths compared');
  log.beforeLine =
    counter &&
    (() => {
      counter.clear();
    });
  const trees: ChosenSnapshot[] = [];
  for (const time of times) {
    const asked = time === 'latest' ? undefined : time;
    const tree = await snapshotAt(repository, { ...options, time: asked }, signal);
    await tree.snapshot.load(signal);
    trees.push(tree);
  }
  let failures = 0;
  const how = {
    comparesData: options.compareData,
    onFailure: (failed: string, error: unknown) => {
      failures += 1;
      log.error(
        `duplifs: "${failed === '' ? '.' : failed}" cannot be compared: ${errorText(error)}`,
      );
    },
    onProgress:
      counter &&
      ((paths: number) => {
        counter.show(paths);
      }),
    signal,
  };
  const counts = new ChangeCounts();
  const output = new Output(process.stdout);
  try {
    const changes =
      options.with === undefined
        ? betweenTrees(repository, trees, path, how)
        : withFolder(options.with, trees, path, { ...how, options });
    for await (const change of changes) {
      counts.add(change);
      if (options.stat) continue;
      if (options.json) await output.json(jsonOfChange(change));
      else await output.line(textOfChange(change));
    }
    if (options.stat && options.json) await output.json(counts.json());
    else if (options.stat) for (const line of counts.lines()) await output.line(line);
    await output.end();
  } finally {
    counter?.end();
  }
  return failures > 0 || trees.some(({ isLess }) => isLess) ? exitCodes.INCOMPLETE : 0;
}

function betweenTrees(
  repository: Repository,
  [before, after]: readonly ChosenSnapshot[],
  path: string,
  how: HowToCompare,
): AsyncIterable<Change> {
  if (before === undefined || after === undefined) throw new Error('there are two times');
  const pair = repository.pair(before.snapshot, after.snapshot);
  const entries = pair.differing(path);
  if (entries !== undefined) return diffTrees(pair, entries, how);
  throw new DuplifsError('NOT_IN_BACKUP', `"${path}" is not in the backup at either time`, {
    hint: 'Look for it with find',
  });
}

function withFolder(
  folder: string,
  [tree]: readonly ChosenSnapshot[],
  path: string,
  { options, ...how }: HowToCompare & { readonly options: DiffOptions },
): AsyncIterable<Change> {
  if (tree === undefined) throw new Error('there is a time');
  const { snapshot } = tree;
  const bare = folder.replace(/\/+$/, '') || '/';
  const { copyLinks } = options;
  const compared = { folder: bare, selection: selectionOf(bare, options), copyLinks };
  return diffFolder(snapshot, snapshot.resolve(path), { ...how, ...compared });
}
