import { Option } from 'commander';
import type { Command } from 'commander';
import type { ProfileMeans } from '../profile/means.js';
import type { ScheduleCommandOptions } from '../profile/command-options.js';
import { LazyCommand } from '../options/index.js';

/** `schedule`: has a profile run by itself. */
export function scheduleCommand(means: ProfileMeans): Command {
  return new LazyCommand('schedule')
    .description('have a profile run by itself, by systemd or cron; without a name: list what does')
    .argument('[name]', 'the profile')
    .option(
      '--every <schedule>',
      '15m, 2h, hourly, daily@02:30, weekly@sun-03:00, monthly@1-04:00 or "cron expression"',
    )
    .option('--system', 'for the whole machine, as root (the default for root)')
    .option('--user', 'for you alone')
    .addOption(new Option('--by <keeper>', 'who starts it').choices(['systemd', 'cron']))
    .option(
      '--jitter <time>',
      'put it off by a random time up to this, so that not all call at once',
    )
    .option('--remove', 'take the schedule back', false)
    .option('--json', 'print JSON lines', false)
    .action(async (name: string | undefined, options: ScheduleCommandOptions) => {
      const { scheduleAction } = await import('../profile/schedule-action.js');
      await scheduleAction(name, options, means);
    });
}
