import { Command } from 'commander';
import { parseWhole } from '../common-options.js';
import type { ProfileMeans } from '../profile/means.js';

export interface RunHistoryOptions {
  readonly json: boolean;
  readonly count?: number;
}

/** `history NAME`: every run of a profile. */
export function historyCommand(means: ProfileMeans): Command {
  return new Command('history')
    .description('list the runs of a profile with their figures')
    .argument('<name>', 'the profile')
    .option('--json', 'print JSON lines', false)
    .option('--count <n>', 'only the newest so many', parseWhole)
    .action(async (name: string, options: RunHistoryOptions) => {
      await runHistory(name, options, means);
    });
}

/** The action of `history` with the name of a profile alone. */
export async function runHistory(
  name: string,
  options: RunHistoryOptions,
  means: ProfileMeans,
): Promise<void> {
  const { showRunHistory } = await import('../profile/run-history.js');
  await showRunHistory(name, options, means);
}
