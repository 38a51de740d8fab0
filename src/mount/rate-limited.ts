/** Where an engine says what a user should know; the command line decides what becomes of it. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

export type Logger = (level: LogLevel, message: string) => void;

const windowMs = 10_000;
const linesAWindow = 20;

/**
 * Limits how often lines appear: a broken volume under a `grep -r` must not fill a disk with log. After
 * 20 lines within 10 seconds the rest is counted, and the count is said with the next line.
 */
export function rateLimited(log: Logger, now: () => number = Date.now): Logger {
  let windowStart = -Infinity;
  let lines = 0;
  let dropped = 0;
  return (level, message) => {
    if (now() - windowStart >= windowMs) {
      windowStart = now();
      lines = 0;
      if (dropped > 0) log(level, `${dropped} more messages like the last were left out`);
      dropped = 0;
    }
    if (lines >= linesAWindow) {
      dropped += 1;
      return;
    }
    lines += 1;
    log(level, message);
  };
}
