/** All commands of the program. */
import { Command } from 'commander';
import { backupCommands } from './commands/backup.js';
import { statusCommand } from './commands/collection-status.js';
import { doctorCommand } from './commands/doctor.js';
import { indexCommand } from './commands/index-volumes.js';
import { listCommand } from './commands/list-current-files.js';
import { mountCommand } from './commands/mount.js';
import { removalCommands } from './commands/removal.js';
import { restoreCommand } from './commands/restore.js';
import { umountCommand } from './commands/umount.js';
import { verifyCommand } from './commands/verify.js';
import type { Personality } from './personality.js';
import { programVersion } from './version.js';

export function newProgram({ isDuplicity, version }: Personality): Command {
  const program = new Command(isDuplicity ? 'duplicity' : 'duplifs')
    .description('Mount duplicity backups as read-only folders at any time, and restore from them.')
    .version(isDuplicity ? `duplicity ${version}` : programVersion())
    .exitOverride()
    .showHelpAfterError(isDuplicity ? false : '(--help shows what there is)')
    .addCommand(mountCommand())
    .addCommand(umountCommand())
    .addCommand(restoreCommand())
    .addCommand(listCommand())
    .addCommand(statusCommand())
    .addCommand(verifyCommand())
    .addCommand(indexCommand())
    .addCommand(doctorCommand());
  for (const command of [...backupCommands(), ...removalCommands()]) program.addCommand(command);
  for (const command of program.commands) command.exitOverride().showHelpAfterError(false);
  if (isDuplicity) {
    // it is told as duplicity tells it
    const output = { outputError: () => undefined };
    for (const command of [program, ...program.commands]) command.configureOutput(output);
  }
  return program;
}
