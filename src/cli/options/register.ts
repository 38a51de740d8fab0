/** From rows of the table to the options of a command. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { LazyCommand } from './lazy-command.js';
import { longName, valueCount } from './option-row.js';
import type { OptionGroup, OptionRow } from './option-row.js';
import { rowsOf } from './option-table.js';
import type { ChoiceParser } from './values.js';

/** Adds the options of a group. One that the command has already stays as it is. */
export function addGroup(command: Command, group: OptionGroup, heading?: string): Command {
  const add = (): void => {
    const present = new Set(command.options.map(({ long }) => long));
    for (const row of rowsOf(group)) {
      if (present.has(longName(row))) continue;
      const option = optionOf(row);
      if (heading !== undefined) option.helpGroup(heading);
      command.addOption(option);
    }
  };
  return addLater(command, add);
}

/** Has options added once somebody looks at them, where the command can wait. */
export function addLater(command: Command, add: () => void): Command {
  if (command instanceof LazyCommand) return command.later(add);
  add();
  return command;
}

/** The row as commander has it. */
export function optionOf(row: OptionRow): Option {
  const { flags, help, parse, initial, preset, isHidden = false } = row;
  // two values come as one (line/read-line.ts)
  const option = new Option(valueCount(row) > 1 ? flags.replace(/> </g, ' ') : flags, help);
  if (parse !== undefined) option.argParser(parse as (value: string, previous: unknown) => unknown);
  if (parse !== undefined && 'choices' in parse) {
    option.argChoices = [...(parse as unknown as ChoiceParser).choices];
  }
  if (preset !== undefined) option.preset(preset);
  if (initial !== undefined) option.default(initial);
  return isHidden ? option.hideHelp() : option;
}
