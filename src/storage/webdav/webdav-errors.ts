import { errorText } from '../../base/index.js';
import type { Failure } from '../errors.js';
import { systemFailure } from '../errors.js';
import { HttpError, httpError } from './webdav-folder.js';

/** What the answer of a WebDAV server means (RFC 9110, 15; RFC 4918, 11). */
export function webdavFailure(thrown: unknown): Failure | undefined {
  const error = httpError(thrown);
  if (!(error instanceof HttpError)) return certificateFailure(error) ?? systemFailure(error);
  const { status } = error;
  const reason = errorText(error);
  if (status === 401 || status === 403 || status === 407) {
    return { code: 'STORAGE_DENIED', transient: false, reason };
  }
  // 409: the collection around it is not there
  if (status === 404 || status === 409 || status === 410) {
    return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  }
  if (status === 507 || status === 413) return { code: 'NO_SPACE', transient: false, reason };
  if (status === 500) {
    const hint = 'The server does not say why; its log does. Its disk may be full';
    return { code: 'STORAGE', transient: true, reason, hint };
  }
  const transient = status >= 500 || [408, 423, 425, 429].includes(status);
  return { code: 'STORAGE', transient, reason };
}

/** Errors of OpenSSL's verification, which Node gives as upper-case codes of their own. */
function certificateFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !/certificate|self.signed/i.test(error.message))
    return undefined;
  return { code: 'STORAGE_DENIED', transient: false, reason: error.message };
}
