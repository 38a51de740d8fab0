/** Commands by their names from the program down: "restore", "key list". */
import type { Command } from 'commander';

/** The names of a command and those above it, without the program's. */
export function pathOf(command: Command): string {
  const { parent } = command;
  if (parent === null) return '';
  return `${pathOf(parent)} ${command.name()}`.trim();
}

/** All commands that the help shows, those of groups behind their group. */
export function shownCommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.parent !== null && command.commands.includes(one))
    .flatMap((one) => [one, ...shownCommands(one)]);
}

/** The command that words name, from the program down; undefined where there is none. */
export function commandAt(program: Command, words: readonly string[]): Command | undefined {
  let at: Command | undefined = program;
  for (const word of words) {
    at = at?.commands.find((one) => one.name() === word || one.aliases().includes(word));
  }
  return at;
}
