/** All commands of the program. */
import { Command } from 'commander';
import { backupCommands } from './commands/backup.js';
import { catCommand } from './commands/cat.js';
import { checkCommand } from './commands/check.js';
import { statusCommand } from './commands/collection-status.js';
import { consolidateCommand } from './commands/consolidate.js';
import { diffCommand } from './commands/diff.js';
import { doctorCommand } from './commands/doctor.js';
import { dumpCommand } from './commands/dump.js';
import { findCommand } from './commands/find.js';
import { historyCommand } from './commands/history.js';
import { indexCommand } from './commands/index-volumes.js';
import { keyCommand } from './commands/key/index.js';
import { kitCommand } from './commands/kit.js';
import { listCommand } from './commands/list-current-files.js';
import { mountCommand } from './commands/mount.js';
import { removalCommands } from './commands/removal.js';
import { repairCommand } from './commands/repair.js';
import { replicateCommand } from './commands/replicate.js';
import { restoreCommand } from './commands/restore.js';
import { umountCommand } from './commands/umount.js';
import { verifyCommand } from './commands/verify.js';
import type { Personality } from './personality.js';
import { programVersion } from './version.js';

export function newProgram({ isDuplicity, version }: Personality): Command {
  const program = new Command(isDuplicity ? 'duplicity' : 'duplifs')
    .description('Mount duplicity backups as read-only folders at any time, and restore from them.')
    .version(isDuplicity ? `duplicity ${version}` : programVersion())
    // what follows the name of a command is its own, and so for "kit open"
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError(isDuplicity ? false : '(--help shows what there is)')
    .addCommand(mountCommand())
    .addCommand(umountCommand())
    .addCommand(restoreCommand())
    .addCommand(listCommand())
    .addCommand(findCommand())
    .addCommand(historyCommand())
    .addCommand(diffCommand())
    .addCommand(catCommand())
    .addCommand(dumpCommand())
    .addCommand(statusCommand())
    .addCommand(verifyCommand())
    .addCommand(indexCommand())
    .addCommand(checkCommand())
    .addCommand(repairCommand())
    .addCommand(doctorCommand())
    .addCommand(keyCommand())
    .addCommand(kitCommand());
  const writing = [...backupCommands(), consolidateCommand(), replicateCommand()];
  for (const command of [...writing, ...removalCommands()]) program.addCommand(command);
  for (const command of program.commands) prepare(command);
  if (isDuplicity) {
    // it is told as duplicity tells it
    const output = { outputError: () => undefined };
    for (const command of [program, ...program.commands]) command.configureOutput(output);
  }
  return program;
}

/** Errors of the command line end a command as its other errors do. */
function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError(false);
  for (const inner of command.commands) prepare(inner);
}
