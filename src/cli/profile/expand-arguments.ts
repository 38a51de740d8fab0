/**
 * A profile's name where a URL stands: the command line is made longer by what the profile says, and then read as if
 * somebody had typed all of it. What is typed wins.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import {
  expandHome,
  findProfileFile,
  keepOptions,
  mergeOptions,
  optionWords,
  profileFrom,
  selectionKeys,
} from '../../profiles/index.js';
import type { GivenOption, OptionKeys, Profile } from '../../profiles/index.js';
import { hasUrl, keyOf, tableOf } from './option-keys.js';
import { profileUrl, useSecrets } from './profile-secrets.js';
import { readArguments } from './read-arguments.js';
import type { ReadArguments } from './read-arguments.js';

export async function expandArguments(
  program: Command,
  words: readonly string[],
  keys: () => OptionKeys,
): Promise<readonly string[]> {
  const [name = '', ...rest] = commandOfRun(program, words);
  const command = commandNamed(program, name);
  if (command === undefined || !hasUrl(command)) return [name, ...rest];
  const read = readArguments(command, rest);
  // without a path it is of the profile's runs
  if (command.name() === 'history' && read.positionals.length === 1) return [name, ...rest];
  if (command.name() === 'kit' && read.positionals[0] === 'open') return [name, ...rest];
  const place = placeOfProfile(command, read.positionals);
  const named = read.positionals[place];
  const file = named === undefined ? undefined : await findProfileFile(named);
  if (named === undefined || file === undefined) return [name, ...rest];
  if (existsSync(named)) {
    process.stderr.write(
      `"${named}" is taken for the profile of that name; the folder is "./${named}"\n`,
    );
  }
  const profile = await profileFrom(named, file, keys());
  Object.assign(process.env, profile.environment);
  await useSecrets(profile);
  const positionals = await argumentsOf(command, profile, { place, read });
  const options = optionWords(optionsFor(command, profile, read));
  // a kit for a profile has that too
  const itself = command.name() === 'kit' ? ['--profile', named] : [];
  return [name, ...read.options, ...itself, ...options, '--', ...positionals];
}

export function commandNamed(program: Command, name: string): Command | undefined {
  return program.commands.find((one) => one.name() === name || one.aliases().includes(name));
}

/** `run NAME backup …` is `backup NAME …`, with the name where the URL stands. */
function commandOfRun(program: Command, words: readonly string[]): readonly string[] {
  const run = program.commands.find((one) => one.name() === 'run');
  if (words[0] !== 'run' || run === undefined) return words;
  const { positionals, options } = readArguments(run, words.slice(1));
  const [profile, name] = positionals;
  if (profile === undefined || name === undefined || options.indexOf('--help') === 0) return words;
  const command = commandNamed(program, name);
  if (command === undefined || !hasUrl(command)) {
    throw new DuplifsError('USAGE', `"${name}" is no command that a profile can be given`, {
      hint: `Give one such as backup, restore, mount or check; "duplifs run ${profile}" does all that the profile says`,
    });
  }
  const after = words.slice(words.indexOf(name, words.indexOf(profile) + 1) + 1);
  const { positionals: given, options: ownOptions } = readArguments(command, after);
  const isAfterTime = command.registeredArguments[0]?.name() !== 'url' && !isSource(command);
  const places = isAfterTime
    ? [...given.slice(0, 1), profile, ...given.slice(1)]
    : [profile, ...given];
  return [name, ...ownOptions, '--', ...places];
}

function isSource(command: Command): boolean {
  return command.registeredArguments[0]?.name() === 'source';
}

/** Where the name stands among the arguments. */
function placeOfProfile(command: Command, positionals: readonly string[]): number {
  if (isSource(command)) return positionals.length > 1 ? 1 : 0;
  return command.registeredArguments.findIndex((argument) => argument.name() === 'url');
}

interface Place {
  readonly place: number;
  readonly read: ReadArguments;
}

/** The arguments with the URL for the name, and with what the profile knows for those that are left out. */
async function argumentsOf(
  command: Command,
  profile: Profile,
  { place, read }: Place,
): Promise<string[]> {
  const url = await profileUrl(profile);
  const given = read.positionals.map((word, index) => (index === place ? url : word));
  const names = command.registeredArguments.map((argument) => argument.name());
  if (isSource(command) && given.length === 1) return [sourceOf(profile), url];
  if (given.length >= names.length) return given;
  const missing = names[given.length];
  if (missing === 'folder') return [...given, sourceOf(profile)];
  if (missing === 'mountpoint' && profile.mountpoint !== undefined) {
    return [...given, expandHome(profile.mountpoint)];
  }
  return given;
}

export function sourceOf({ name, source, files }: Profile): string {
  if (source !== undefined) return expandHome(source);
  throw new DuplifsError('PROFILE', `The profile "${name}" does not say what to back up`, {
    hint: `Write source = "/folder" into "${files[0] ?? name}"`,
  });
}

/** The profile's options that the command has, but for those that are given. */
function optionsFor(
  command: Command,
  profile: Profile,
  { given }: ReadArguments,
): readonly GivenOption[] {
  const own = profile.commandOptions.get(tableOf(command.name())) ?? [];
  const kept = command.name() === 'prune' ? keepOptions(profile.retention) : [];
  const known = new Set(command.options.map(keyOf));
  return mergeOptions(mergeOptions(own, kept), profile.options).filter(
    ({ key }) => known.has(key) && (selectionKeys.has(key) || !given.has(key)),
  );
}
