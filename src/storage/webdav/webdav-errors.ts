import { errorText } from '../../base/index.js';
import type { Failure } from '../errors.js';
import { systemFailure } from '../errors.js';
import { HttpError } from './webdav-requests.js';

/** What the answer of a WebDAV server means (RFC 9110, 15; RFC 4918, 11). */
export function webdavFailure(error: unknown): Failure | undefined {
  if (!(error instanceof HttpError)) return certificateFailure(error) ?? systemFailure(error);
  const { status } = error;
  const reason = errorText(error);
  if (error.location !== undefined) {
    return { code: 'STORAGE', transient: false, reason, hint: movedHint(error.location) };
  }
  // nginx without its module for PROPFIND, and addresses beside the WebDAV folder
  if ((status === 405 || status === 501) && error.method === 'PROPFIND') {
    const hint = 'The server has no WebDAV folder at this address, or cannot list one';
    return { code: 'STORAGE', transient: false, reason, hint };
  }
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

/** Redirects that are not followed: to another server, which must not get the log-in, and to pages. */
function movedHint(to: URL): string {
  const scheme = to.protocol === 'https:' ? 'webdavs' : 'webdav';
  return `If that is the backup's folder, use its address: ${scheme}://${to.host}${to.pathname}`;
}

/** Errors of OpenSSL's verification, which Node gives as upper-case codes of their own. */
function certificateFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !/certificate|self.signed/i.test(error.message))
    return undefined;
  return { code: 'STORAGE_DENIED', transient: false, reason: error.message };
}
