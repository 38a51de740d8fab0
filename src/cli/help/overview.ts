/** What `duplifs --help` shows of all commands. */
import type { Command, Help } from 'commander';
import { itemLines, widthOf } from './short-help.js';

/** By what somebody wants; the names that are the shortest. */
const mainCommands: readonly (readonly [heading: string, names: readonly string[]])[] = [
  ['Make backups', ['init', 'run', 'backup', 'schedule']],
  ['Look and restore', ['mount', 'restore', 'ls', 'find']],
  ['Keep them well', ['status', 'check', 'prune', 'doctor']],
];

export function overview(program: Command, helper: Help): string {
  const shown = mainCommands.map(
    ([heading, names]) => [heading, names.map((name) => itemOf(program, name, helper))] as const,
  );
  const all = shown.flatMap(([, items]) => items);
  const lines = itemLines(all, helper);
  const grouped = shown.flatMap(([heading, items]) => [
    `${heading}:`,
    ...lines.splice(0, items.length),
  ]);
  const main = new Set(all.map(({ command }) => command));
  const others = helper.visibleCommands(program).filter((command) => !main.has(command));
  const names = others.map((command) => command.name()).join(', ');
  return [
    ...headOf(program, helper),
    ...grouped,
    helper.boxWrap(`Others: ${names}`, widthOf(helper)),
    '',
    'Help: duplifs COMMAND --help, duplifs help storage, time, exit-codes; --help-all',
    '',
  ].join('\n');
}

export function fullOverview(program: Command, helper: Help): string {
  const commands = helper.visibleCommands(program).map((command) => ({
    term: [command.name(), ...command.aliases().slice(0, 1)].join(', '),
    text: helper.subcommandDescription(command),
  }));
  const options = helper.visibleOptions(program).map((option) => ({
    term: helper.optionTerm(option),
    text: helper.optionDescription(option),
  }));
  const lines = itemLines([...commands, ...options], helper);
  return [
    ...headOf(program, helper),
    'Commands:',
    ...lines.slice(0, commands.length),
    '',
    'Options:',
    ...lines.slice(commands.length),
    '',
    'Help on a command: duplifs COMMAND --help, or --help-all for all of its options',
    'Help on a topic:   duplifs help storage, duplifs help time, duplifs help exit-codes',
    '',
  ].join('\n');
}

function headOf(program: Command, helper: Help): string[] {
  return [
    'Usage: duplifs COMMAND [OPTIONS] [ARGUMENTS]',
    '',
    helper.boxWrap(program.description(), widthOf(helper)),
    '',
  ];
}

function itemOf(program: Command, name: string, helper: Help) {
  const command = program.commands.find(
    (one) => one.name() === name || one.aliases().includes(name),
  );
  if (command === undefined) throw new Error(`There is no command "${name}"`);
  return { command, term: name, text: helper.subcommandDescription(command) };
}
