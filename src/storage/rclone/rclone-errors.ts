import type { Failure } from '../errors.js';
import { systemFailure } from '../errors.js';

/** An error that rclone has answered; its API has no codes for most of them, only text. */
export class RcloneError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

export function rcloneFailure(error: unknown): Failure | undefined {
  if (!(error instanceof RcloneError)) return systemFailure(error);
  const reason = error.message;
  if (/didn't find section in config file|didn't find backend/.test(reason)) {
    return {
      code: 'STORAGE_NOT_FOUND',
      transient: false,
      reason,
      hint: 'Run "rclone config" to make the remote, and "rclone listremotes" to see what there is',
    };
  }
  if (isMissing(error)) return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  if (/no space|quota ?exceeded|insufficient (?:space|storage)|disk full/i.test(reason)) {
    return { code: 'NO_SPACE', transient: false, reason };
  }
  if (/denied|not permitted|unauthori[sz]ed|forbidden|invalid_grant|read-only/i.test(reason)) {
    return { code: 'STORAGE_DENIED', transient: false, reason };
  }
  return { code: 'STORAGE', transient: true, reason };
}

/** Whether the error says that the file or folder is not there. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof RcloneError)) return false;
  return (
    error.status === 404 ||
    /(?:object|directory|file|bucket|container) not found|no such/i.test(error.message)
  );
}
