/** A terminal that was closed while a command runs: what it does must come to its end all the same. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Has messages to a closed terminal lost instead of ending the process, also by Node.js' own clean-up of terminals. */
export function outliveTerminal(): void {
  process.stderr.on('error', () => undefined);
  process.on('exit', leaveClosedTerminal);
}

/**
 * At its exit Node.js sets back what it found, and aborts where a terminal refuses; it leaves alone what is no longer
 * the file that it was.
 */
function leaveClosedTerminal(): void {
  for (const fd of [0, 1, 2]) {
    try {
      if (!fstatSync(fd).isCharacterDevice() || isatty(fd)) continue;
      closeSync(fd);
      openSync('/dev/null', 'r+'); // gets the lowest number that is free
    } catch {
      continue; // it was not open
    }
  }
}
