/** The options of all commands as keys of profiles, read off the commands themselves: there is no second list. */
import type { Command, Option } from 'commander';
import { errorText } from '../../base/index.js';
import type { OptionKey, OptionKeys } from '../../profiles/index.js';

/** Tables of a profile that are not options of the command of that name. */
const ownTables = new Set([
  'run',
  'log',
  'schedule',
  'history',
  'profile',
  'init',
  'umount',
  'remove-probe',
]);
/** Commands that one table is for. */
const sameTable: Readonly<Record<string, string>> = { full: 'backup', incremental: 'backup' };
/** What is asked for once, and so stands in the table of a command, or on the command line. */
const ofOneCall = new Set([
  ...['force', 'dry-run', 'json', 'time', 'restore-time', 'path-to-restore', 'file-to-restore'],
  ...['current-time', 'use-incomplete', 'into-dated-folder', 'to-original', 'daemon', 'profile'],
]);

/** The table that a command's options are in. */
export function tableOf(command: string): string {
  return sameTable[command] ?? command;
}

export function optionKeysOf(commands: readonly Command[]): OptionKeys {
  const tables = new Map<string, readonly OptionKey[]>();
  const common = new Map<string, OptionKey>();
  for (const command of commands) {
    const name = command.name();
    if (ownTables.has(name) || !hasUrl(command)) continue;
    const keys = keysOf(command);
    if (sameTable[name] === undefined) tables.set(name, keys);
    for (const key of keys) {
      if (!ofOneCall.has(key.key)) common.set(key.key, both(common.get(key.key), key));
    }
  }
  return { commands: tables, common: [...common.values()] };
}

/** A key of several commands: a value is one that all of them take, for some take and ignore the option. */
function both(one: OptionKey | undefined, other: OptionKey): OptionKey {
  if (one === undefined) return other;
  return { ...one, check: (value) => one.check?.(value) ?? other.check?.(value) };
}

/** Whether a command takes a URL, and so the name of a profile. */
export function hasUrl(command: Command): boolean {
  return command.registeredArguments.some((argument) => argument.name() === 'url');
}

function keysOf(command: Command): OptionKey[] {
  const longs = new Set(command.options.map(({ long }) => long));
  const keys: OptionKey[] = [];
  for (const option of command.options) {
    const key = keyOf(option);
    if (key === undefined) continue;
    const isNegated = option.long?.startsWith('--no-') === true;
    if (isNegated && longs.has(`--${key}`)) continue; // with the other one
    const kind = takesValue(option)
      ? 'value'
      : isNegated
        ? 'negated'
        : longs.has(`--no-${key}`)
          ? 'pair'
          : 'switch';
    keys.push({ key, kind, command: command.name(), check: (value) => checkOf(option, value) });
  }
  return keys;
}

/** "--no-index" and "--index" are both "index". */
export function keyOf({ long }: Pick<Option, 'long'>): string | undefined {
  return long?.replace(/^--(?:no-)?/, '');
}

export function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function checkOf(option: Option, value: string): string | undefined {
  try {
    option.parseArg?.(value, option.defaultValue);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}
