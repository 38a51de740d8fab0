/** Runs one command: signals, errors for people, exit codes. */
import { DuplifsError, errorText, exitCodes, localFailure } from '../base/index.js';
import { StorageStatistics } from '../storage/index.js';
import { refuseCoreFiles } from './core-files.js';
import { onEndingSignal } from './ending-signals.js';
import { errorClass, errorLines } from './error-text.js';
import { Log } from './log.js';
import { exitCodeFor, personality } from './personality.js';
import { wipeSecrets } from './secrets.js';

/** What a command gets besides its options. */
export interface CommandContext {
  readonly log: Log;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Of all storages that the command opens. */
  readonly statistics: StorageStatistics;
}

/** Runs `work` and sets the exit code that it returns, or that of the error it throws. */
export async function runCommand(
  verbosity: number,
  work: (context: CommandContext) => Promise<number>,
): Promise<void> {
  refuseCoreFiles();
  const log = new Log(verbosity);
  const controller = new AbortController();
  const statistics = new StorageStatistics();
  const interrupt = (): void => {
    controller.abort(new DuplifsError('INTERRUPTED', 'Interrupted'));
  };
  const stopWatching = onEndingSignal(interrupt);
  try {
    const exitCode = await work({ log, signal: controller.signal, statistics });
    // what was told may be worse than that something is missing
    const isPlain = exitCode === 0 || exitCode === exitCodes.INCOMPLETE;
    process.exitCode = isPlain && log.exitCode !== 0 ? log.exitCode : exitCode;
  } catch (error) {
    process.exitCode = reportError(error, log);
  } finally {
    if (statistics.requests > 0) log.info(String(statistics));
    stopWatching();
    wipeSecrets();
  }
}

/** Prints an error and returns its exit code; a bug shows its stack, and a disk that failed is none. */
export function reportError(thrown: unknown, log: Log): number {
  const error = localFailure(thrown, diskUse) ?? thrown;
  if (error !== thrown) log.debug(stackOf(thrown));
  const who = personality();
  if (error instanceof DuplifsError) {
    const code = exitCodeFor(error);
    log.fatal(errorLines(error, who), { code, extra: errorClass(error, who) });
    return code;
  }
  const lines = [`${who.prefix}internal error: ${errorText(error)}`, ...stackOf(error).split('\n')];
  log.fatal(lines, { code: exitCodes.INTERNAL, extra: error instanceof Error ? error.name : '' });
  return exitCodes.INTERNAL;
}

const diskUse = {
  what: 'A disk or folder of this machine failed',
  hint: 'Make room, or choose other folders with --archive-dir and --tempdir',
};

function stackOf(error: unknown): string {
  return (error instanceof Error && error.stack) || errorText(error);
}
