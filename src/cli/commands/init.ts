import type { Command } from 'commander';
import type { ProfileMeans } from '../profile/means.js';
import type { InitOptions } from '../profile/command-options.js';
import { LazyCommand } from '../options/index.js';

/** `init`: a profile by questions and answers. */
export function initCommand(means: ProfileMeans): Command {
  return new LazyCommand('init')
    .description('make a profile: asks what, where, how often; tries the storage, and a restore')
    .argument('[name]', 'what the profile is called')
    .option('--source <folder>', 'what is backed up')
    .option('--url <url>', 'where the backup lies')
    .option('--encrypt-key <id>', 'encrypt to this key')
    .option('--passphrase-file <file>', 'encrypt with the passphrase in this file')
    .option('--generate-key', 'encrypt to a new key in the GnuPG keyring', false)
    .option('--no-encryption', 'do not encrypt')
    .option('--exclude <pattern>', 'leave this out (repeatable)', collect, [])
    .option('--full-if-older-than <time>', 'begin a new chain when the full is older than this')
    .option('--keep <time>', 'remove chains that are older than this')
    .option('--every <schedule>', 'when it runs: daily@02:30; see schedule')
    .option(
      '--kit <file>',
      'at the end write all that a new machine needs to restore into this file',
    )
    .option('--kit-passphrase-file <file>', 'passphrase of the kit, as KIT_PASSPHRASE')
    .option('--no-test', 'do not try the storage and a restore')
    .option('--schedule', 'have it run by itself right away', false)
    .option('--backup', 'make the first backup right away', false)
    .option('--force', 'replace a profile of that name', false)
    .action(async (name: string | undefined, options: InitOptions) => {
      const { initAction } = await import('../profile/init-action.js');
      await initAction(name, options, means);
    });
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
