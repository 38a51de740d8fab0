/** Failures of this machine's own disks, for which nobody has to mend duplifs. */
import { DuplifsError, errorText } from './errors.js';
import type { ErrorCode } from './errors.js';

const full = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** What a disk that failed was used for. */
export interface LocalUse {
  /** Begins the sentence: `Cannot use the archive dir "/x"`. */
  readonly what: string;
  readonly hint: string;
}

/**
 * The error that a user is told for one of the operating system (it has a `syscall`) or of SQLite: NO_SPACE or TARGET.
 * Undefined for any other, a DuplifsError too.
 */
export function localFailure(error: unknown, { what, hint }: LocalUse): DuplifsError | undefined {
  const code = diskErrorCode(error);
  if (code === undefined) return undefined;
  return new DuplifsError(diskErrorMeaning(code), `${what}: ${errorText(error)}`, {
    hint,
    cause: error,
  });
}

/** NO_SPACE for a disk or quota that is full, else TARGET. */
export function diskErrorMeaning(code: string): ErrorCode {
  return full.has(code) ? 'NO_SPACE' : 'TARGET';
}

/** "ENOSPC", "SQLITE_IOERR_WRITE"; undefined for what is no error of a system call or of SQLite. */
export function diskErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof DuplifsError || !('code' in error)) {
    return undefined;
  }
  const { code } = error;
  if (typeof code !== 'string') return undefined;
  return 'syscall' in error || code.startsWith('SQLITE_') ? code : undefined;
}
