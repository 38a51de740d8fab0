/**
 * From a line as duplicity takes it to one of ours: options anywhere, by their old and new names, shortened or not;
 * verbs by their aliases or beginnings, or none at all, where the URL says which is meant. Our own lines come out as they
 * went in.
 */
import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import { isStorageUrl } from '../../storage/index.js';
import { expandPath } from './expand-path.js';
import type { Environment } from './expand-path.js';
import { KnownOptions } from './known-options.js';
import { tokensOf } from './tokens.js';
import type { Token } from './tokens.js';
import { findVerb } from './verbs.js';

export interface LineContext {
  readonly program: Command;
  /** Whether the program was called as duplicity: only its verbs are known, and each line must be one of its. */
  readonly isStrict: boolean;
  readonly env: Environment;
}

export interface ReadLine {
  /** For commander: the command, its options by their full names, and its arguments. */
  readonly args: readonly string[];
  /** The command that no verb named. */
  readonly implied?: 'backup' | 'restore';
}

/** @throws DuplifsError USAGE */
export function readLine(argv: readonly string[], context: LineContext): ReadLine {
  const { program, isStrict, env } = context;
  const [word = ''] = argv;
  if (argv.length === 1 && (word === '--version' || word === '--help')) return { args: argv };
  const first = program.commands.find((command) => isNamed(command, word));
  // those that have commands of their own are none of duplicity's
  if (first !== undefined && first.commands.length > 0 && !isStrict) return { args: argv };
  const all = first === undefined || isStrict ? program.commands : [first];
  const tokens = tokensOf(argv, new KnownOptions(all), isStrict);
  if (has(tokens, '--version')) return { args: ['--version'] };
  const words = tokens.filter((token) => token.kind === 'argument').map(({ text }) => text);
  const chosen = chooseCommand(words, context);
  const wrong = isStrict ? undefined : mistaken(tokens, words, program);
  if (chosen === undefined) return { args: wrong ?? asked(tokens, argv, isStrict) };
  const { command, implied } = chosen;
  // now that the command is known, its own options count before those of others
  const own = tokensOf(argv, new KnownOptions([command]), isStrict);
  const rest = implied === undefined ? withoutFirst(own) : own;
  const args = rest.flatMap((token) => argumentOf(token, command, env));
  const places = rest.filter((token) => token.kind === 'argument').map(({ text }) => text);
  const tail = places.some((text) => text.startsWith('-')) ? ['--', ...places] : places;
  const whole = [command.name(), ...args, ...tail];
  return implied === undefined ? { args: whole } : { args: whole, implied };
}

/** The value that the line has for an option last, whatever else is wrong with it. */
export function valueIn(argv: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  argv.forEach((text, at) => {
    if (text === name) value = argv[at + 1];
    else if (text.startsWith(`${name}=`)) value = text.slice(name.length + 1);
  });
  return value;
}

interface Chosen {
  readonly command: Command;
  readonly implied?: 'backup' | 'restore';
}

function chooseCommand(words: readonly string[], context: LineContext): Chosen | undefined {
  const { program, isStrict } = context;
  const [word] = words;
  if (word === undefined) return undefined;
  const named = program.commands.find((command) => isNamed(command, word));
  if (named !== undefined && !isStrict) return { command: named };
  const own = isStrict ? [] : program.commands.map((command) => command.name());
  const verb = findVerb(word, { argumentCount: words.length - 1, own });
  if (verb?.kind === 'ambiguous') {
    throw new DuplifsError('USAGE', `"${word}" may be ${verb.names.join(' or ')}`, {
      hint: 'Write it out',
    });
  }
  if (verb !== undefined) return { command: commandNamed(program, verb.name) };
  if (words.length !== 2 || isStorageUrl(word) === isStorageUrl(words[1] ?? '')) return undefined;
  const implied = isStorageUrl(word) ? 'restore' : 'backup';
  return { command: commandNamed(program, implied), implied };
}

function commandNamed(program: Command, name: string): Command {
  const command = program.commands.find((one) => one.name() === name);
  if (command !== undefined) return command;
  throw new DuplifsError('USAGE', `duplifs has no command "${name}"`);
}

function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

function has(tokens: readonly Token[], name: string): boolean {
  return tokens.some((token) => token.kind === 'option' && token.option.name === name);
}

/** A line without a command: ours has commander's answer, duplicity's is its help or wrong. */
function asked(
  tokens: readonly Token[],
  argv: readonly string[],
  isStrict: boolean,
): readonly string[] {
  if (!isStrict) return argv;
  if (has(tokens, '--help')) return ['--help'];
  throw new DuplifsError('USAGE', 'Expected a command, or a folder and a URL');
}

/**
 * An option that nobody knows, before the command: its value is taken for an argument, and the command is a later word. The
 * command by itself refuses the option, and names one that is like it.
 */
function mistaken(
  tokens: readonly Token[],
  words: readonly string[],
  program: Command,
): readonly string[] | undefined {
  const other = tokens.find(({ kind }) => kind === 'other');
  const command = words.find((word) => program.commands.some((one) => isNamed(one, word)));
  if (other?.kind !== 'other' || command === undefined) return undefined;
  return [command, other.text];
}

function withoutFirst(tokens: readonly Token[]): readonly Token[] {
  const first = tokens.findIndex(({ kind }) => kind === 'argument');
  return tokens.filter((_, at) => at !== first);
}

/** What commander gets for a token; nothing for an option of duplicity's that the command has no use for. */
function argumentOf(token: Token, command: Command, env: Environment): readonly string[] {
  if (token.kind === 'argument') return [];
  if (token.kind === 'other') return [token.text];
  const { option, values } = token;
  const isCommands = command.options.some(({ long, short }) => (long ?? short) === option.name);
  if (option.name === '--help') return ['--help'];
  if (!isCommands) return mayBeDropped(token, command) ? [] : [option.name, ...values];
  if (option.values === 'none') return [option.name];
  if (values.length === 0) return [option.name];
  const given = option.isPath ? values.map((value) => expandPath(value, env)) : values;
  if (!option.name.startsWith('--')) return [option.name, ...given];
  return [`${option.name}=${given.join('\0')}`];
}

/**
 * duplicity takes each option with each verb. Ours do so too where they work on a backup; what a dry run would be of
 * something that has none must not be left to chance.
 */
function mayBeDropped({ option }: Extract<Token, { kind: 'option' }>, command: Command): boolean {
  if (option.row === undefined) return false;
  const { effect } = option.row;
  if (effect.kind === 'refused') {
    throw new DuplifsError('USAGE', `${option.name} is not supported`, { hint: effect.instead });
  }
  const isOnBackup = command.options.some(({ long }) => long === '--archive-dir');
  return isOnBackup && (option.name !== '--dry-run' || readsOnly.has(command.name()));
}

const readsOnly: ReadonlySet<string> = new Set([
  ...['collection-status', 'list-current-files', 'verify', 'mount', 'doctor', 'find', 'diff'],
  ...['history', 'cat', 'dump', 'check'],
]);
