/** The signals that ask a command to end: Ctrl-C, Ctrl-\, SIGTERM, and SIGHUP when its terminal is closed. */
import { basename } from 'node:path';

/**
 * Calls `interrupt` at the first of them. A second Ctrl-C, Ctrl-\ or SIGTERM ends the process at once; a second SIGHUP does
 * not, for a terminal that is closed sends one by the shell and one by the kernel. Returns what ends the watch.
 */
export function onEndingSignal(interrupt: () => void): () => void {
  const hangUp = isProtectedFromHangUp() ? (): void => undefined : interrupt;
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  process.once('SIGQUIT', interrupt);
  process.on('SIGHUP', hangUp);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    process.off('SIGQUIT', interrupt);
    process.off('SIGHUP', hangUp);
  };
}

/**
 * Whether nohup(1) has started us. It has SIGHUP ignored, which Node.js undoes before anybody could see it; shells
 * note in the variable "_" what they start.
 */
function isProtectedFromHangUp(): boolean {
  return basename(process.env['_'] ?? '') === 'nohup';
}
