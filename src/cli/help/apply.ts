/** Gives all commands their help: on one screen with --help, all of it with --help-all. */
import { Help } from 'commander';
import type { Command } from 'commander';
import { pathOf } from './command-paths.js';
import { fullHelp } from './full-help.js';
import { guideOf } from './guides/index.js';
import { optionText } from './option-text.js';
import { fullOverview, overview } from './overview.js';
import { shortHelp } from './short-help.js';

export type HelpLength = 'short' | 'full';

/** What of commander's own is left as it is. */
const plain = new Help();

export function applyHelp(program: Command, length: HelpLength): void {
  program.configureHelp({
    ...shared,
    formatHelp: length === 'short' ? overview : fullOverview,
  });
  for (const command of program.commands) applyBelow(command, length);
}

function applyBelow(command: Command, length: HelpLength): void {
  command.configureHelp({
    ...shared,
    formatHelp: length === 'short' ? shortHelp : fullHelp,
  });
  for (const inner of command.commands) applyBelow(inner, length);
}

const shared: Partial<Help> = {
  optionDescription: optionText,
  argumentDescription: ({ description }) => description,
  subcommandDescription: (command) => guideOf(pathOf(command))?.summary ?? command.description(),
  visibleOptions: (command) => [
    ...plain.visibleOptions(command),
    command.createOption('--help-all', 'display this help with all options'),
  ],
  // "duplifs help key list" is there for all
  visibleCommands: (command) =>
    plain.visibleCommands(command).filter((one) => command.commands.includes(one)),
};

/** The line with --help in place of --help-all, if it has that. */
export function withoutHelpAll(argv: readonly string[]): {
  readonly argv: readonly string[];
  readonly length: HelpLength;
} {
  const end = argv.indexOf('--');
  const at = argv.indexOf('--help-all');
  if (at < 0 || (end >= 0 && end < at)) return { argv, length: 'short' };
  return { argv: argv.map((word, index) => (index === at ? '--help' : word)), length: 'full' };
}
