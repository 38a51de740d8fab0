import { realpath } from 'node:fs/promises';
import { dirname, basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { unmountPath } from '../../mount/index.js';
import { defaultVerbosity } from '../log.js';
import { runCommand } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

/** `umount`: ends a mount, from any shell. */
export function umountCommand(): Command {
  return new LazyCommand('umount')
    .description('unmount a backup; the duplifs that serves it ends')
    .argument('<mountpoint>', 'where it is mounted')
    .option('--force', 'detach it even when something still uses it', false)
    .action(async (mountpoint: string, { force }: { force: boolean }) => {
      await runCommand(defaultVerbosity, async () => {
        const path = await withoutLinks(mountpoint);
        process.chdir('/'); // we, and the tools that we start, must not be what stands in its way
        await unmountPath(path, { force });
        return 0;
      });
    });
}

/** The absolute path without links; the mountpoint itself is not asked, for it may be a dead mount. */
async function withoutLinks(mountpoint: string): Promise<string> {
  const path = resolve(mountpoint);
  return join(await realpath(dirname(path)), basename(path));
}
