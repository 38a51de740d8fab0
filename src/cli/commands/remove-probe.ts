import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { openStorageFor } from '../open-repository.js';
import { runCommand } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

/** Names that `init` gives the files of its trial; no backup has them. */
export const probePrefix = /^duplifs-probe-[0-9a-f]{8}-$/;

/** Removes the files of a trial that `init` has made: all whose names begin with --file-prefix. Not in the help. */
export function removeProbeCommand(): Command {
  const command = new LazyCommand('remove-probe')
    .argument('<url>', 'where it lies')
    .action(async (url: string, options: CommonOptions) => {
      await runCommand(options.verbosity, async ({ log, signal, statistics }) => {
        const { filePrefix } = options;
        if (!probePrefix.test(filePrefix)) {
          throw new DuplifsError('USAGE', `"${filePrefix}" is not the prefix of a trial`);
        }
        const storage = await openStorageFor(url, options, log, { statistics });
        try {
          const names = (await storage.list(signal)).map(({ name }) => name);
          await storage.remove(
            names.filter((name) => name.startsWith(filePrefix)),
            signal,
          );
          return 0;
        } finally {
          await storage.close();
        }
      });
    });
  return addCommonOptions(command);
}
