/** The command `duplifs`. */
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { exitCodes } from '../base/index.js';
import { markHeapAtOnce } from '../threads/index.js';
import { commandLine, hidePasswords } from './arguments.js';
import { outliveTerminal } from './closed-terminal.js';
import { isHelperCall } from './fstab.js';
import { Log, defaultVerbosity } from './log.js';
import { mountHelper } from './mount-helper.js';
import { mayNameProfile } from './profile/names-profile.js';
import { allOptionKeys, createProgram } from './program.js';
import { reportError } from './run-command.js';
import { watchStandardOutput } from './standard-output.js';

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
  const program = createProgram();
  try {
    const args = commandLine();
    hidePasswords(args);
    await program.parseAsync(await withProfile(program, args), { from: 'user' });
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError
        ? error.exitCode === 0
          ? 0
          : exitCodes.USAGE
        : reportError(error, new Log(defaultVerbosity));
  }
}

/** The words with what the profile says that they name, if they name one. */
async function withProfile(program: Command, args: readonly string[]): Promise<readonly string[]> {
  if (!mayNameProfile(args)) return args;
  const { expandArguments } = await import('./profile/expand-arguments.js');
  return await expandArguments(program, args, allOptionKeys);
}
