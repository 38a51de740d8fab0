/** The command `duplifs`. */
import { Command, CommanderError } from 'commander';
import { exitCodes } from '../base/index.js';
import { markHeapAtOnce } from '../threads/index.js';
import { commandLine, hidePasswords } from './arguments.js';
import { outliveTerminal } from './closed-terminal.js';
import { backupCommands } from './commands/backup.js';
import { checkCommand } from './commands/check.js';
import { statusCommand } from './commands/collection-status.js';
import { doctorCommand } from './commands/doctor.js';
import { indexCommand } from './commands/index-volumes.js';
import { listCommand } from './commands/list-current-files.js';
import { mountCommand } from './commands/mount.js';
import { removalCommands } from './commands/removal.js';
import { repairCommand } from './commands/repair.js';
import { restoreCommand } from './commands/restore.js';
import { umountCommand } from './commands/umount.js';
import { verifyCommand } from './commands/verify.js';
import { isHelperCall } from './fstab.js';
import { Log, defaultVerbosity } from './log.js';
import { mountHelper } from './mount-helper.js';
import { reportError } from './run-command.js';
import { watchStandardOutput } from './standard-output.js';
import { programVersion } from './version.js';

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  markHeapAtOnce();
  watchStandardOutput();
  outliveTerminal();
  const [, script = '', ...parameters] = process.argv;
  if (isHelperCall(parameters)) mountHelper(script);
  else await runProgram();
}

async function runProgram(): Promise<void> {
  const program = new Command('duplifs')
    .description('Mount duplicity backups as read-only folders at any time, and restore from them.')
    .version(programVersion())
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .addCommand(mountCommand())
    .addCommand(umountCommand())
    .addCommand(restoreCommand())
    .addCommand(listCommand())
    .addCommand(statusCommand())
    .addCommand(verifyCommand())
    .addCommand(indexCommand())
    .addCommand(checkCommand())
    .addCommand(repairCommand())
    .addCommand(doctorCommand());
  for (const command of [...backupCommands(), ...removalCommands()]) program.addCommand(command);
  for (const command of program.commands) command.exitOverride().showHelpAfterError(false);
  try {
    const args = commandLine();
    hidePasswords(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError
        ? error.exitCode === 0
          ? 0
          : exitCodes.USAGE
        : reportError(error, new Log(defaultVerbosity));
  }
}
