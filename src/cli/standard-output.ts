/** What is done when standard output cannot be written to: a reader that went away, a terminal that was closed, a full disk. */
import { errorText } from '../base/index.js';
import { defaultVerbosity, Log } from './log.js';
import { reportError } from './run-command.js';

let whatIsLost: string | undefined;

/** Watches standard output for as long as the process runs. */
export function watchStandardOutput(): void {
  process.stdout.on('error', ended);
}

/** From now on only `what` is written, which is no reason to call the work a failure that was done before. */
export function outputMayFail(what: string): void {
  whatIsLost = what;
}

/** `duplifs ls … | head` is no error, and a terminal that was closed has sent SIGHUP too. */
function ended(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO' && process.stdout.isTTY) return;
  if (error.code === 'EPIPE') process.exit();
  const log = new Log(defaultVerbosity);
  if (whatIsLost !== undefined) {
    log.warn(`${whatIsLost} cannot be written to standard output: ${errorText(error)}`);
    return;
  }
  log.error('duplifs: Standard output cannot be written to');
  process.exit(reportError(error, log));
}
