import type { Command } from 'commander';
import type { ProfileMeans } from '../profile/means.js';
import type { LogCommandOptions } from '../profile/command-options.js';
import { LazyCommand } from '../options/index.js';

/** `log`: the logs of a profile's runs. */
export function logCommand(means: ProfileMeans): Command {
  return new LazyCommand('log')
    .description("list the logs of a profile's runs, or show one")
    .argument('<name>', 'the profile')
    .option('--last', 'show the log of the newest run', false)
    .option('--failed', 'show that of the newest run that failed', false)
    .option('--follow', 'show the newest, and what is written to it, until Ctrl-C', false)
    .action(async (name: string, options: LogCommandOptions) => {
      const { logAction } = await import('../profile/log-action.js');
      await logAction(name, options, means);
    });
}
