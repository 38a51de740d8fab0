import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { errorText, exitCodes } from '../../base/index.js';
import { find, FindFilter } from '../../queries/index.js';
import type { FoundVersion, WantedSize } from '../../queries/index.js';
import type { SnapshotEntry, Timeline } from '../../snapshot/index.js';
import { formatLocalTime, formatStamp, parseTime } from '../../time/index.js';
import { allSets } from '../all-sets.js';
import { addCommonOptions, append, nowSeconds, parseSize } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { CounterLine } from '../counter-line.js';
import { jsonOfEntry, jsonOfName, jsonOfSet } from '../entry-json.js';
import { modeText, pathBytes, sizeColumn } from '../entry-text.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

interface FindOptions extends Omit<CommonOptions, 'name'> {
  /** Patterns; the name of the cache, which has that option elsewhere, is `archiveName` here. */
  readonly name: readonly string[];
  readonly archiveName?: string;
  readonly path: readonly string[];
  readonly regex: readonly string[];
  readonly type: readonly SnapshotEntry['type'][];
  readonly size: readonly WantedSize[];
  readonly changedSince?: string;
  readonly deleted: boolean;
  readonly json: boolean;
}

/** `find`: every version of every path that matches, over all sets, deleted ones too. */
export function findCommand(): Command {
  const command = new LazyCommand('find')
    .description('find every version of matching paths in all sets, deleted ones too')
    .argument('<url>', 'where the backup lies')
    .argument('[patterns...]', 'as of the shell: of names or, with a slash, of whole paths')
    .option('--name <pattern>', 'names like this (repeatable)', append, [])
    .option('--path <pattern>', 'whole paths like this (repeatable)', append, [])
    .option('--regex <regex>', 'whole paths that are this (repeatable)', append, [])
    .option('--type <letters>', 'f, d, l, p, b or c; several with commas', parseTypes, [])
    .option('--size <size>', 'files larger (+1M), smaller (-1M) or as large (1M)', addSize, [])
    .option('--changed-since <time>', 'versions that came, or were deleted, in a set after this')
    .option('--deleted', 'only paths that the newest set no longer has', false)
    .option('--json', 'print JSON lines', false)
    .action(async (url: string, patterns: readonly string[], given: FindOptions) => {
      const { name: names, archiveName, ...rest } = given;
      const options: CommonOptions =
        archiveName === undefined ? rest : { ...rest, name: archiveName };
      await runCommand(options.verbosity, async (context) => {
        const since = given.changedSince;
        const filter = new FindFilter({
          patterns,
          names,
          paths: given.path,
          regexes: given.regex,
          types: given.type,
          sizes: given.size,
          changedSinceSeconds:
            since === undefined ? undefined : parseTime(since, nowSeconds(given)),
          isDeleted: given.deleted,
        });
        return withRepository(url, options, context, async (repository) => {
          const { timeline, exitCode } = await allSets(repository, options, context);
          const found = await printFound(timeline, filter, given.json, context);
          return Math.max(exitCode, found);
        });
      });
    });
  return addCommonOptions(command);
}

/** Prints what is found; the exit code. */
async function printFound(
  timeline: Timeline,
  filter: FindFilter,
  isJson: boolean,
  { log, signal }: CommandContext,
): Promise<number> {
  const output = new Output(process.stdout);
  const counter = CounterLine.onTerminal('paths looked at');
  log.beforeLine =
    counter &&
    (() => {
      counter.clear();
    });
  let versions = 0;
  let failures = 0;
  try {
    const found = find(timeline, filter, {
      onFailure: (path, error) => {
        failures += 1;
        log.error(`duplifs: "${path === '' ? '.' : path}" cannot be known: ${errorText(error)}`);
      },
      onProgress:
        counter &&
        ((paths) => {
          counter.show(paths);
        }),
      signal,
    });
    for await (const version of found) {
      versions += 1;
      if (isJson) await output.json(jsonOf(version, timeline));
      else await output.line(textOf(version));
    }
    await output.end();
  } finally {
    counter?.end();
  }
  return versions === 0 || failures > 0 ? exitCodes.INCOMPLETE : 0;
}

function jsonOf(
  { path, entry, from, until, end, endedIn }: FoundVersion,
  timeline: Timeline,
): object {
  return {
    ...jsonOfName('path', path),
    state: end,
    from: jsonOfSet(from),
    until: jsonOfSet(until),
    endedIn: endedIn && jsonOfSet(endedIn),
    ...jsonOfEntry(entry, timeline.sourceOf(entry)),
  };
}

/** From which set to which, how it ended, and what it was. */
function textOf({ path, entry, from, until, end }: FoundVersion): Buffer {
  const columns = [
    formatStamp(from.endSeconds),
    formatStamp(until.endSeconds),
    end.padEnd('replaced'.length),
    modeText(entry),
    sizeColumn(entry),
    formatLocalTime(entry.mtimeSeconds),
  ];
  return Buffer.concat([Buffer.from(`${columns.join(' ')} `), pathBytes(path)]);
}

const typeLetters: Readonly<Record<string, SnapshotEntry['type']>> = {
  f: 'reg',
  d: 'dir',
  l: 'sym',
  p: 'fifo',
  b: 'blk',
  c: 'chr',
};

function parseTypes(
  text: string,
  before: readonly SnapshotEntry['type'][],
): readonly SnapshotEntry['type'][] {
  const types = text.split(',').map((letter) => {
    const type = typeLetters[letter];
    if (type === undefined) throw new InvalidArgumentError('Give f, d, l, p, b or c.');
    return type;
  });
  return [...before, ...types];
}

function addSize(text: string, before: readonly WantedSize[]): readonly WantedSize[] {
  const is = text.startsWith('+') ? 'larger' : text.startsWith('-') ? 'smaller' : 'equal';
  return [...before, { is, bytes: parseSize(text.replace(/^[+-]/, '')) }];
}
