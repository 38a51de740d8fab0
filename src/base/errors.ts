/**
 * The one table of error codes and the exit status that each gives a command. Where duplicity has an
 * exit status for the same case (docs/format, "Exit codes") duplifs uses the same number.
 */
export const exitCodes = {
  /** The command line cannot be understood. */
  USAGE: 2,
  /** A time string that no rule of the time parser accepts. */
  TIME_STRING: 2,
  /** The host name differs from the one in the chain that would be continued. */
  SOURCE_HOST_CHANGED: 3,
  /** The source folder differs from the one in the chain that would be continued. */
  SOURCE_PATH_CHANGED: 42,
  /** Interrupted by the user. */
  INTERRUPTED: 4,
  /** The local and the stored manifest of one set disagree. */
  MANIFESTS_DIFFER: 5,
  /** A target or mountpoint that exists and must not, or must exist and does not. */
  TARGET: 11,
  /** The source of a backup cannot be used. */
  SOURCE: 13,
  /** A selection pattern that can never match below the source. */
  SELECTION_OUTSIDE: 14,
  /** A selection pattern that cannot be understood. */
  SELECTION_PATTERN: 15,
  /** The last selection rule includes, so it changes nothing. */
  SELECTION_REDUNDANT: 16,
  /** Filter modes are switched, but only to what they are anyway. */
  SELECTION_FILTER_REDUNDANT: 70,
  /** A filter mode is switched and no selection follows it. */
  SELECTION_FILTER_TRAILING: 71,
  /** A list of files names one by an absolute path. */
  FILES_FROM_ABSOLUTE: 72,
  /** A list of files is empty. */
  FILES_FROM_EMPTY: 73,
  /** An incremental was asked for and there is nothing that it could build on. */
  NO_SIGNATURES: 17,
  /** The path is not in the backup at that time. */
  NOT_IN_BACKUP: 19,
  /** No backup at the URL, or none at the time asked for. */
  NO_BACKUP: 20,
  /** Stored bytes that are not what the manifest, the format or a digest says. */
  DAMAGED: 21,
  /** A signature is missing, bad, or by another key. */
  SIGNATURE: 22,
  /** A file that the backup names is not on the storage. */
  FILE_MISSING: 24,
  /** A key, a passphrase or a session key could not be had. */
  KEY: 31,
  /** Only a passphrase that is typed would do, and nobody has answered. */
  NO_PASSPHRASE: 31,
  /** A profile that is not there, or cannot be understood. */
  PROFILE: 2,
  /** A condition of a profile's run did not hold, so nothing was done. */
  SKIPPED: 75,
  /** Another process holds the lock. */
  LOCKED: 23,
  /** Not enough space. */
  NO_SPACE: 53,
  /** The storage failed; a retry may help. */
  STORAGE: 50,
  /** What was stored has another size on the storage than what was written. */
  UPLOAD_SIZE: 50,
  /** The storage refused: credentials or permissions. */
  STORAGE_DENIED: 51,
  /** The file is not on the storage. */
  STORAGE_NOT_FOUND: 52,
  /** A URL that no storage understands; 23 in duplicity, which has that for a lock that is held as well. */
  STORAGE_URL: 2,
  /** Something else than a DuplifsError was thrown: a bug, whose stack is shown. */
  INTERNAL: 30,
  /** FUSE cannot be used on this machine or mountpoint. */
  FUSE: 25,
  /** Nothing on this machine brings SQLite. */
  SQLITE: 25,
  /** Some files could not be read, restored or compared; the rest was. */
  INCOMPLETE: 1,
  /** The operation was cancelled by its AbortSignal. */
  ABORTED: 4,
} as const;

export type ErrorCode = keyof typeof exitCodes;

export interface ErrorDetails {
  /** What the user can do now: a sentence, sentence case, no final period. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that a user can act on: `message` is a sentence (sentence case, no final period, values in
 * double quotes) and never holds a credential. Anything thrown that is not a DuplifsError is a bug.
 */
export class DuplifsError extends Error {
  override readonly name = 'DuplifsError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }

  /** The exit status of a command that ends with this error. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/**
 * Whether `error` is a DuplifsError with one of the codes (any code when none is given).
 *
 * @example
 * ```js
 * import { isDuplifsError, parseTime } from 'duplifs';
 *
 * try {
 *   parseTime('some day', 0);
 * } catch (error) {
 *   if (!isDuplifsError(error, 'TIME_STRING')) throw error;
 *   console.log(error.code, error.exitCode); // prints TIME_STRING 2
 * }
 * ```
 */
export function isDuplifsError(error: unknown, ...codes: ErrorCode[]): error is DuplifsError {
  return error instanceof DuplifsError && (codes.length === 0 || codes.includes(error.code));
}

/** The text of anything that was thrown, for a message or a log line. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
