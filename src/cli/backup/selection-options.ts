/** duplicity's selection options: collected in the order in which they come, across their names. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { SelectionOption, SelectionPlan } from '../../source/index.js';
import { DuplifsError, encodeName, errorText } from '../../base/index.js';
import { parseTime } from '../../time/index.js';
import { nowSeconds } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';

/** As the command line has it: files are read and times understood once all options are known. */
type Given =
  | Exclude<SelectionOption, { readonly kind: `${string}filelist` | 'exclude-older-than' }>
  | { readonly kind: 'include-filelist' | 'exclude-filelist'; readonly name: string }
  | { readonly kind: 'exclude-older-than'; readonly time: string };

export interface SelectionOptions extends CommonOptions {
  readonly selection?: readonly Given[];
  readonly filesFrom?: string;
  readonly nullSeparator: boolean;
}

const patterns = ['include', 'exclude', 'include-regexp', 'exclude-regexp'] as const;
const lists = ['include-filelist', 'exclude-filelist'] as const;
const switches = [
  ...(['exclude-device-files', 'exclude-other-filesystems', 'filter-globbing'] as const),
  ...(['filter-literal', 'filter-regexp', 'filter-strictcase', 'filter-ignorecase'] as const),
];

/** Adds the options to a command. */
export function addSelectionOptions(command: Command): Command {
  const given: Given[] = [];
  const keep = (one: Given): true => {
    given.push(one);
    return true;
  };
  const add = (flags: string, help: string, parse: (value: string) => true): void => {
    command.addOption(new Option(flags, help).argParser(parse));
  };
  for (const kind of patterns) {
    add(`--${kind} <pattern>`, `${kind.replace('-', ' by ')} (docs/cli.md)`, (pattern) =>
      keep({ kind, pattern }),
    );
  }
  for (const kind of lists) {
    add(`--${kind} <file>`, 'patterns from a file, one a line', (name) => keep({ kind, name }));
  }
  add(
    '--exclude-if-present <name>',
    'leave out folders that hold a file of this name',
    (fileName) => keep({ kind: 'exclude-if-present', fileName }),
  );
  add('--exclude-older-than <time>', 'leave out files that are older than this', (time) =>
    keep({ kind: 'exclude-older-than', time }),
  );
  for (const kind of switches) {
    command.option(`--${kind}`);
    command.on(`option:${kind}`, () => keep({ kind }));
  }
  command
    .option('--files-from <file>', 'back up only the paths in this list')
    .option('--null-separator', 'names in lists end with NUL', false);
  command.setOptionValue('selection', given);
  return command;
}

/** What of the source is to be backed up. */
export function selectionOf(source: string, options: SelectionOptions): SelectionPlan {
  const { nullSeparator, filesFrom } = options;
  const now = nowSeconds(options);
  const compiled = (options.selection ?? []).map((one): SelectionOption => {
    if (one.kind === 'exclude-older-than') {
      return { kind: one.kind, timeSeconds: parseTime(one.time, now) };
    }
    if ('name' in one) {
      return { kind: one.kind, name: one.name, content: readList(one.name) };
    }
    return one;
  });
  const plan = { source, options: compiled, nullSeparator };
  if (filesFrom === undefined) return plan;
  return { ...plan, filesFrom: { name: filesFrom, content: readList(filesFrom) } };
}

function readList(name: string): Buffer {
  try {
    return readFileSync(encodeName(name));
  } catch (error) {
    throw new DuplifsError('USAGE', `Cannot read the list "${name}": ${errorText(error)}`, {
      cause: error,
    });
  }
}
