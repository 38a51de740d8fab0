/** duplicity's selection options: collected in the order in which they come, across their names. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { SelectionOption, SelectionPlan } from '../../source/index.js';
import { DuplifsError, encodeName, errorText } from '../../base/index.js';
import { parseTime } from '../../time/index.js';
import { nowSeconds } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { addLater, longName, optionOf, rowsOf } from '../options/index.js';
import type { OptionRow } from '../options/index.js';

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

const kinds = {
  pattern: ['include', 'exclude', 'include-regexp', 'exclude-regexp'],
  list: ['include-filelist', 'exclude-filelist'],
  standardInput: ['include-filelist-stdin', 'exclude-filelist-stdin'],
  bare: [
    ...(['exclude-device-files', 'exclude-other-filesystems', 'filter-globbing'] as const),
    ...(['filter-literal', 'filter-regexp', 'filter-strictcase', 'filter-ignorecase'] as const),
  ],
} as const;

/** Adds the options to a command. */
export function addSelectionOptions(command: Command): Command {
  const given: Given[] = [];
  command.setOptionValue('selection', given);
  return addLater(command, () => {
    for (const row of rowsOf('selection')) addSelectionOption(command, row, given);
  });
}

function addSelectionOption(command: Command, row: OptionRow, given: Given[]): void {
  const option = optionOf(row);
  const read = readerOf(longName(row).slice('--'.length));
  command.addOption(option);
  if (read === undefined) return;
  if (option.isBoolean()) command.on(`option:${option.name()}`, () => given.push(read('')));
  else {
    option.argParser((value: string) => {
      given.push(read(value));
      return true;
    });
  }
}

/** From an option's value to a rule; undefined for an option that is none. */
function readerOf(name: string): ((value: string) => Given) | undefined {
  const kind = name as Given['kind'];
  const isOf = <Kind extends string>(list: readonly Kind[]): Kind | undefined =>
    list.find((one) => one === name);
  const pattern = isOf(kinds.pattern);
  if (pattern !== undefined) return (value) => ({ kind: pattern, pattern: value });
  const list = isOf(kinds.list);
  if (list !== undefined) return (value) => ({ kind: list, name: value });
  if (isOf(kinds.standardInput) !== undefined) {
    const fromInput = name.startsWith('include') ? 'include-filelist' : 'exclude-filelist';
    return () => ({ kind: fromInput, name: '/dev/stdin' });
  }
  const bare = isOf(kinds.bare);
  if (bare !== undefined) return () => ({ kind: bare });
  if (kind === 'exclude-if-present') return (fileName) => ({ kind, fileName });
  if (kind === 'exclude-older-than') return (time) => ({ kind, time });
  return undefined;
}

/** What of the source is to be backed up. */
export function selectionOf(source: string, options: SelectionOptions): SelectionPlan {
  const { nullSeparator, filesFrom } = options;
  const plan = { source, options: rulesOf(options), nullSeparator };
  if (filesFrom === undefined) return plan;
  return { ...plan, filesFrom: { name: filesFrom, content: readList(filesFrom) } };
}

/** The rules that were given, in their order. */
export function rulesOf(options: SelectionOptions): readonly SelectionOption[] {
  const now = nowSeconds(options);
  return (options.selection ?? []).map((one): SelectionOption => {
    if (one.kind === 'exclude-older-than') {
      return { kind: one.kind, timeSeconds: parseTime(one.time, now) };
    }
    if ('name' in one) return { kind: one.kind, name: one.name, content: readList(one.name) };
    return one;
  });
}

/** @throws DuplifsError USAGE */
export function readList(name: string): Buffer {
  try {
    return readFileSync(encodeName(name));
  } catch (error) {
    throw new DuplifsError('USAGE', `Cannot read the list "${name}": ${errorText(error)}`, {
      cause: error,
    });
  }
}
