import { constants } from 'node:os';
import { isDuplifsError } from '../base/index.js';

export type ErrnoName = keyof typeof constants.errno;

/** An answer of a file system that is an errno: no log line, the caller of the system call is told. */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError';
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName, message: string = errno) {
    super(message);
    this.errno = errno;
  }
}

/** The number of an errno on this system, positive. */
export function errnoNumber(name: ErrnoName): number {
  return constants.errno[name];
}

/**
 * The errno that the caller of a system call is told when its request ended with `error`. What was
 * cancelled is EINTR; everything that is not a FileSystemError is EIO.
 */
export function errnoOf(error: unknown): ErrnoName {
  if (error instanceof FileSystemError) return error.errno;
  return isCancelled(error) ? 'EINTR' : 'EIO';
}

/** Whether a request ended because nobody waits for it any more. */
export function isCancelled(error: unknown): boolean {
  return (
    isDuplifsError(error, 'ABORTED') || (error instanceof Error && error.name === 'AbortError')
  );
}
