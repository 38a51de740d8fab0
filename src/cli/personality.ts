/**
 * Whom the program was called as. A link to it that is named "duplicity" (or DUPLIFS_AS=duplicity) makes it take the
 * place of duplicity in scripts and programs: its words, its streams, its exit codes.
 */
import { basename } from 'node:path';
import { exitCodes } from '../base/index.js';
import type { DuplifsError, ErrorCode } from '../base/index.js';

/** The release whose behaviour is followed where releases differ. */
const defaultVersion = '3.0.2';

export interface Personality {
  readonly isDuplicity: boolean;
  /** The version of duplicity that is told to who asks. */
  readonly version: string;
  /** Whether 0.8 is followed where the two differ, and not 3.x. */
  readonly isOld: boolean;
  /** What messages begin with. */
  readonly prefix: string;
}

export function personalityOf(
  script: string,
  env: Readonly<Record<string, string | undefined>>,
): Personality {
  const name = env['DUPLIFS_AS'] ?? basename(script).replace(/\.js$/, '');
  const isDuplicity = name === 'duplicity';
  const version = env['DUPLIFS_DUPLICITY_VERSION'] ?? defaultVersion;
  const isOld = isDuplicity && version.startsWith('0.');
  return { isDuplicity, version, isOld, prefix: isDuplicity ? '' : 'duplifs: ' };
}

let known: Personality | undefined;

/** Of this process. */
export function personality(): Personality {
  known ??= personalityOf(process.argv[1] ?? '', process.env);
  return known;
}

/** Where duplicity has another exit code than duplifs for the same; the second is that of 0.8, if it differs. */
const duplicityCodes: Partial<Record<ErrorCode, readonly [number, number?]>> = {
  USAGE: [23, 2],
  TIME_STRING: [23, 2],
  STORAGE_URL: [23],
  NO_BACKUP: [30],
  FILE_MISSING: [30],
  ABORTED: [30],
  NO_PASSPHRASE: [30],
  UPLOAD_SIZE: [56, 44],
  SOURCE: [23, 13],
  TARGET: [23, 11],
};

/** The exit code for an error. */
export function exitCodeFor({ code }: DuplifsError, who: Personality = personality()): number {
  const [code3, code0 = code3] = (who.isDuplicity ? duplicityCodes[code] : undefined) ?? [
    exitCodes[code],
  ];
  return who.isOld ? code0 : code3;
}

/**
 * The exit code of a command that did its work, though not for everything. duplicity's is 0 after a backup that could not
 * read a file and after a status of chains that lack something; a restore or a verify that failed in part stays a failure.
 */
export function exitCodeWhenPartly(isFailure: boolean, who: Personality = personality()): number {
  return who.isDuplicity && !isFailure ? 0 : exitCodes.INCOMPLETE;
}
