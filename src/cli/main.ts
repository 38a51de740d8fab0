/** The command `duplifs`. */
import { Command, CommanderError } from 'commander';
import { exitCodes } from '../base/index.js';
import { markHeapAtOnce } from '../threads/index.js';
import { commandLine, hidePasswords } from './arguments.js';
import { outliveTerminal } from './closed-terminal.js';
import { backupCommands } from './commands/backup.js';
import { catCommand } from './commands/cat.js';
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
import { replicateCommand } from './commands/replicate.js';
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

/** Errors of the command line end a command as its other errors do. */
function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError(false);
  for (const inner of command.commands) prepare(inner);
}

async function runProgram(): Promise<void> {
  const program = new Command('duplifs')
    .description('Mount duplicity backups as read-only folders at any time, and restore from them.')
    .version(programVersion())
    // what follows the name of a command is its own, and so for "kit open"
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
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
    .addCommand(doctorCommand())
    .addCommand(keyCommand())
    .addCommand(kitCommand());
  const writing = [...backupCommands(), consolidateCommand(), replicateCommand()];
  for (const command of [...writing, ...removalCommands()]) program.addCommand(command);
  for (const command of program.commands) prepare(command);
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
