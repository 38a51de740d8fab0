import { Option } from 'commander';
import type { Command } from 'commander';
import { parseWhole } from '../common-options.js';
import type { ProfileMeans } from '../profile/means.js';
import type { RunCommandOptions } from '../profile/command-options.js';
import { LazyCommand } from '../options/index.js';

/** `run`: all that a profile says, in its order. */
export function profileRunCommand(means: ProfileMeans): Command {
  return new LazyCommand('run')
    .description('run a profile: hooks, backup, retention, cleanup, check, notices, log')
    .argument('<name>', 'the profile')
    .argument('[command...]', 'one command with the profile instead: backup, restore, mount, …')
    .option('--quiet', 'say nothing but warnings and errors', false)
    .option('--json', 'print what became of it as one JSON line', false)
    .option('--delay <time>', 'wait a random time up to this before it begins: 10m')
    .option('--if-missed <schedule>', 'do nothing unless a run of this schedule was missed')
    .addOption(
      new Option('--current-time <seconds>', 'take this for now').argParser(parseWhole).hideHelp(),
    )
    .action(async (name: string, _command: readonly string[], options: RunCommandOptions) => {
      const { runAction } = await import('../profile/run-action.js');
      await runAction(name, options, means);
    });
}
