import type { Command } from 'commander';
import type { ProfileMeans } from '../profile/means.js';
import type { CheckOptions, ImportOptions } from '../profile/command-options.js';
import { LazyCommand } from '../options/index.js';

/** `profile check|show|list|edit|import`. */
export function profileCommand(means: ProfileMeans): Command {
  const command = new LazyCommand('profile').description('look at profiles, write and import them');
  command
    .command('check')
    .description('look for mistakes in profiles, in all of them without a name')
    .argument('[name...]', 'names, or paths of files')
    .option('--secrets', 'also fetch each secret, without showing it', false)
    .action(async (names: readonly string[], options: CheckOptions) => {
      const { checkAction } = await import('../profile/check-action.js');
      await checkAction(names, options, means);
    });
  command
    .command('show')
    .description('show what a profile comes to, with all that it extends and no secrets')
    .argument('<name>', 'the profile')
    .action(async (name: string) => {
      const { showAction } = await import('../profile/show-action.js');
      await showAction(name, means);
    });
  command
    .command('list')
    .description('list all profiles with their last backup')
    .option('--json', 'print JSON lines', false)
    .action(async ({ json }: { json: boolean }) => {
      const { listAction } = await import('../profile/list-action.js');
      await listAction(json, means);
    });
  command
    .command('edit')
    .description('edit a profile with $VISUAL or $EDITOR; it is checked before it counts')
    .argument('<name>', 'the profile')
    .action(async (name: string) => {
      const { editAction } = await import('../profile/edit-action.js');
      await editAction(name, means);
    });
  command
    .command('import')
    .description(
      'make a profile of a configuration of duplicity-backup.sh, a duply profile, settings of Déjà Dup or a crontab line',
    )
    .argument('<file>', 'that file or folder; nothing of it is run')
    .option('--name <name>', 'what the profile is called')
    .option('--print', 'only show it', false)
    .option('--force', 'replace a profile of that name', false)
    .action(async (file: string, options: ImportOptions) => {
      const { importAction } = await import('../profile/import-action.js');
      await importAction(file, options, means);
    });
  return command;
}
