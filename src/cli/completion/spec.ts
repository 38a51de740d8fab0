/**
 * What completion knows of the commands: read off commander when the program is built and kept as a file beside it, so that an
 * answer needs no part of the program itself. Plain values, as JSON has them.
 */
import type { Argument, Command, Option } from 'commander';
import { guideOf, pathOf, shownCommands, topicNames } from '../help/index.js';
import { optionTable, longName } from '../options/index.js';

/** What a word may be: "text" is anything. */
export type ValueKind =
  | 'text'
  | 'file'
  | 'folder'
  /** A URL, or the name of a profile. */
  | 'target'
  | 'profile'
  | 'time'
  /** A path in the backup. */
  | 'path'
  | 'command'
  | 'topic'
  | 'choice';

export interface ValueSpec {
  readonly kind: ValueKind;
  /** Of a choice. */
  readonly choices?: readonly string[];
  /** It follows behind "=" only. */
  readonly isOptional?: boolean;
  /** The last argument, as often as one likes. */
  readonly isRepeated?: boolean;
}

export interface OptionSpec {
  readonly names: readonly string[];
  readonly about: string;
  /** None for a switch. */
  readonly value?: ValueSpec;
}

export interface CommandSpec {
  /** From the program down: "key list". */
  readonly path: string;
  readonly aliases: readonly string[];
  readonly about: string;
  readonly options: readonly OptionSpec[];
  readonly arguments: readonly (ValueSpec & { readonly name: string })[];
}

export interface CompletionSpec {
  readonly commands: readonly CommandSpec[];
  readonly topics: readonly string[];
}

export function completionSpec(program: Command): CompletionSpec {
  return { commands: shownCommands(program).map(commandSpec), topics: topicNames };
}

function commandSpec(command: Command): CommandSpec {
  const path = pathOf(command);
  const options = command.options.filter(({ hidden }) => !hidden).map(optionSpec);
  return {
    path,
    aliases: command.aliases(),
    about: guideOf(path)?.summary ?? command.description(),
    options: [...options, ...helpOptions],
    arguments: command.registeredArguments.map(argumentSpec),
  };
}

const helpOptions: readonly OptionSpec[] = [
  { names: ['--help', '-h'], about: 'show help on one screen' },
  { names: ['--help-all'], about: 'show help with all options' },
];

function optionSpec(option: Option): OptionSpec {
  const { long, short, description: about } = option;
  const names = [long, short].filter((name) => name !== undefined);
  const value = valueOf(option);
  return value === undefined ? { names, about } : { names, about, value };
}

function valueOf({ argChoices, required, optional, flags, long }: Option): ValueSpec | undefined {
  if (!required && !optional) return undefined;
  const isOptional = optional ? { isOptional: true } : {};
  if (argChoices !== undefined) return { kind: 'choice', choices: argChoices, ...isOptional };
  const [, name = ''] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
  const isFile = optionTable.some((row) => row.isPath === true && longName(row) === long);
  const kind = long === '--profile' ? 'profile' : kindsOfOptions[name];
  return { kind: kind ?? (isFile ? 'file' : 'text'), ...isOptional };
}

/** By what stands between the brackets. */
const kindsOfOptions: Readonly<Record<string, ValueKind>> = {
  dir: 'folder',
  file: 'file',
  folder: 'folder',
  path: 'path',
  time: 'time',
  url: 'target',
};

function argumentSpec(argument: Argument): CommandSpec['arguments'][number] {
  const name = argument.name();
  const { argChoices: choices } = argument;
  const repeated = argument.variadic ? { isRepeated: true } : {};
  if (choices !== undefined) return { name, kind: 'choice', choices, ...repeated };
  return { name, kind: kindsOfArguments[name] ?? 'text', ...repeated };
}

const kindsOfArguments: Readonly<Record<string, ValueKind>> = {
  command: 'command',
  file: 'file',
  folder: 'folder',
  more: 'time',
  mountpoint: 'folder',
  name: 'profile',
  path: 'path',
  patterns: 'path',
  replica: 'target',
  source: 'folder',
  target: 'folder',
  time: 'time',
  url: 'target',
  words: 'topic',
};
