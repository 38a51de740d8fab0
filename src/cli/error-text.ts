/** An error as the lines that a command ends with, and what its record says besides the code: ours, or duplicity's. */
import type { DuplifsError, ErrorCode } from '../base/index.js';
import { exitCodeFor } from './personality.js';
import type { Personality } from './personality.js';

export function errorLines(error: DuplifsError, who: Personality): readonly string[] {
  const { code, message, hint } = error;
  const after = hint === undefined ? [] : [`  ${hint}`];
  if (!who.isDuplicity) return [`${who.prefix}${message}`, ...after];
  if (code === 'USAGE') {
    const kind = who.isOld ? 'Command line error' : 'CommandLineError';
    return [`${kind}: ${message}`, ...after, "Enter 'duplicity --help' for help screen."];
  }
  if (code === 'KEY') return gpgLines(message, after);
  return [message, ...after];
}

/** Programs look for gpg's words to tell a wrong passphrase from other failures. */
function gpgLines(message: string, after: readonly string[]): readonly string[] {
  const reason = /passphrase/i.test(message) ? 'Bad session key' : 'No secret key';
  return [
    'GPGError: GPG Failed, see log below:',
    '===== Begin GnuPG log =====',
    `gpg: decryption failed: ${reason}`,
    message,
    ...after,
    '===== End GnuPG log =====',
  ];
}

/** duplicity has the name of a class there. */
export function errorClass(error: DuplifsError, who: Personality): string {
  const { code } = error;
  if (code === 'USAGE' && who.isOld) return '';
  if (who.isDuplicity && exitCodeFor(error, who) === commandLineCode) return 'CommandLineError';
  return classes[code] ?? '';
}

/** Of duplicity 3, for a bad source or target too. */
const commandLineCode = 23;

const classes: Partial<Record<ErrorCode, string>> = {
  KEY: 'GPGError',
  NO_BACKUP: 'CollectionsError',
  FILE_MISSING: 'KeyError',
  ABORTED: 'AssertionError',
  NO_PASSPHRASE: 'EOFError',
};
