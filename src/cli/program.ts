/** All commands of the program. */
import { Command } from 'commander';
import { backupCommands } from './commands/backup.js';
import { catCommand } from './commands/cat.js';
import { checkCommand } from './commands/check.js';
import { statusCommand } from './commands/collection-status.js';
import { completionCommand } from './commands/completion.js';
import { consolidateCommand } from './commands/consolidate.js';
import { diffCommand } from './commands/diff.js';
import { doctorCommand } from './commands/doctor.js';
import { dumpCommand } from './commands/dump.js';
import { findCommand } from './commands/find.js';
import { helpCommand } from './commands/help.js';
import { historyCommand } from './commands/history.js';
import { indexCommand } from './commands/index-volumes.js';
import { initCommand } from './commands/init.js';
import { keyCommand } from './commands/key/index.js';
import { kitCommand } from './commands/kit.js';
import { listCommand } from './commands/list-current-files.js';
import { logCommand } from './commands/log.js';
import { mountCommand } from './commands/mount.js';
import { profileCommand } from './commands/profile.js';
import { removalCommands } from './commands/removal.js';
import { removeProbeCommand } from './commands/remove-probe.js';
import { repairCommand } from './commands/repair.js';
import { replicateCommand } from './commands/replicate.js';
import { restoreCommand } from './commands/restore.js';
import { profileRunCommand } from './commands/run.js';
import { scheduleCommand } from './commands/schedule.js';
import { umountCommand } from './commands/umount.js';
import { verifyCommand } from './commands/verify.js';
import { applyHelp } from './help/index.js';
import type { OptionKeys } from '../profiles/index.js';
import { personality } from './personality.js';
import type { Personality } from './personality.js';
import { optionKeysOf } from './profile/option-keys.js';
import { programVersion } from './version.js';

const description =
  'Mount duplicity backups as read-only folders at any time, restore from them, and write new ones that duplicity restores.';
/** In duplicity's place. */
const descriptionThen =
  'Mount duplicity backups as read-only folders at any time, and restore from them.';

export function newProgram({ isDuplicity, version }: Personality): Command {
  const program = new Command(isDuplicity ? 'duplicity' : 'duplifs')
    .description(isDuplicity ? descriptionThen : description)
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
    .addCommand(diffCommand())
    .addCommand(catCommand())
    .addCommand(dumpCommand())
    .addCommand(statusCommand())
    .addCommand(verifyCommand())
    .addCommand(indexCommand())
    .addCommand(checkCommand())
    .addCommand(repairCommand())
    .addCommand(doctorCommand())
    .addCommand(keyCommand());
  const writing = [...backupCommands(), consolidateCommand(), replicateCommand()];
  for (const command of [...writing, ...removalCommands()]) program.addCommand(command);
  const means = { keys: allOptionKeys, hasCommand: (name: string) => hasCommand(program, name) };
  program
    .addCommand(kitCommand(means))
    .addCommand(historyCommand(means))
    .addCommand(initCommand(means))
    .addCommand(profileCommand(means))
    .addCommand(profileRunCommand(means))
    .addCommand(scheduleCommand(means))
    .addCommand(logCommand(means))
    .addCommand(removeProbeCommand(), { hidden: true });
  for (const command of program.commands) prepare(command);
  if (isDuplicity) {
    // it is told as duplicity tells it
    const output = { outputError: () => undefined };
    for (const command of [program, ...program.commands]) command.configureOutput(output);
  } else {
    program.addCommand(completionCommand()).helpCommand(false).addCommand(helpCommand());
    applyHelp(program, 'short');
  }
  return program;
}

/** Errors of the command line end a command as its other errors do. */
function prepare(command: Command): void {
  command.exitOverride().showHelpAfterError(false);
  for (const inner of command.commands) prepare(inner);
}

/** Of commands of their own: to look at a value can leave something behind in the command that has the option. */
export function allOptionKeys(): OptionKeys {
  return optionKeysOf(newProgram({ ...personality(), isDuplicity: false }).commands);
}

function hasCommand(program: Command, name: string): boolean {
  return program.commands.some((one) => one.name() === name);
}
