/** The command `duplifs`. */
import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { DuplifsError, exitCodes } from '../base/index.js';
import { markHeapAtOnce } from '../threads/index.js';
import { commandLine, hidePasswords } from './arguments.js';
import { outliveTerminal } from './closed-terminal.js';
import { isHelperCall } from './fstab.js';
import { applyHelp, firstSteps, withoutHelpAll } from './help/index.js';
import { readLine, refuseMistyped, valueIn } from './line/index.js';
import { Log, defaultVerbosity, parseVerbosity } from './log.js';
import { openMachineLog } from './machine-log/index.js';
import { mountHelper } from './mount-helper.js';
import { personality } from './personality.js';
import { mayNameProfile, profileNames } from './profile/names-profile.js';
import { allOptionKeys, newProgram } from './program.js';
import { reportError } from './run-command.js';
import { watchStandardOutput } from './standard-output.js';

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  markHeapAtOnce();
  watchStandardOutput();
  outliveTerminal();
  const [, script = '', ...parameters] = process.argv;
  if (!personality().isDuplicity && isHelperCall(parameters)) mountHelper(script);
  else await runProgram();
}

async function runProgram(): Promise<void> {
  const { isDuplicity } = personality();
  const program = newProgram(personality());
  try {
    const given = commandLine();
    hidePasswords(given);
    if (!isDuplicity && given.length === 0) {
      process.stderr.write(firstSteps(await profileNames()));
      process.exitCode = exitCodes.USAGE;
      return;
    }
    const { argv, length } = isDuplicity
      ? { argv: given, length: undefined }
      : withoutHelpAll(given);
    if (length === 'full') applyHelp(program, length);
    openMachineLog({
      descriptor: valueIn(argv, '--log-fd'),
      file: valueIn(argv, '--log-file'),
    });
    const { args, implied } = readLine(argv, {
      program,
      isStrict: isDuplicity,
      env: process.env,
    });
    if (implied !== undefined && isDuplicity)
      new Log(verbosityIn(args)).notice(impliedText[implied]);
    if (implied === 'backup' && !isDuplicity) await refuseMistyped(program, args.at(-2) ?? '');
    const words = isDuplicity ? args : await withProfile(program, args);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error, isDuplicity);
  }
}

/** What duplicity 3 says where no verb does. */
const impliedText = {
  backup:
    "No valid action found. Will imply 'backup' because a path source was given and target is a url location.",
  restore:
    "No valid action found. Will imply 'restore' because url source was given and target is a local path.",
} as const;

function verbosityIn(args: readonly string[]): number {
  return parseVerbosity(valueIn(args, '--verbosity') ?? '') ?? defaultVerbosity;
}

/** Commander has told what is wrong by itself, but for duplicity's words. */
function exitCodeOf(error: unknown, isDuplicity: boolean): number {
  if (!(error instanceof CommanderError)) return reportError(error, new Log(defaultVerbosity));
  if (error.exitCode === 0) return 0;
  if (!isDuplicity) return exitCodes.USAGE;
  const message = error.message.replace(/^error: /, '');
  return reportError(new DuplifsError('USAGE', message), new Log(defaultVerbosity));
}

/** The words with what the profile says that they name, if they name one. */
async function withProfile(program: Command, args: readonly string[]): Promise<readonly string[]> {
  if (!mayNameProfile(args)) return args;
  const { expandArguments } = await import('./profile/expand-arguments.js');
  return expandArguments(program, args, allOptionKeys);
}
