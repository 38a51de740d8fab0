import { errorText } from '../../base/index.js';
import type { Failure } from '../errors.js';
import { systemFailure } from '../errors.js';
import { replyCode } from './ftp-pool.js';

/**
 * What an answer of an FTP server means (RFC 959, 4.2). 550 stands for whatever is wrong with a file, so
 * that only the text, which is free, tells a missing file from a forbidden one.
 */
export function ftpFailure(error: unknown): Failure | undefined {
  const code = replyCode(error);
  const reason = errorText(error);
  if (code === undefined) {
    if (/certificate|self.signed/i.test(reason)) {
      return { code: 'STORAGE_DENIED', transient: false, reason };
    }
    return systemFailure(error);
  }
  if (code === 530 || code === 532 || code === 331 || code === 332 || isDenied(reason)) {
    return { code: 'STORAGE_DENIED', transient: false, reason };
  }
  if (code === 452 || code === 552) return { code: 'NO_SPACE', transient: false, reason };
  if (isMissing(error)) return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  return { code: 'STORAGE', transient: code < 500, reason };
}

/** Whether the error says that the file is not there. */
export function isMissing(error: unknown): boolean {
  return replyCode(error) === 550 && !isDenied(errorText(error));
}

function isDenied(reason: string): boolean {
  return /denied|permi(?:ssion|tted)|privilege|not allowed|read.only|forbidden/i.test(reason);
}
