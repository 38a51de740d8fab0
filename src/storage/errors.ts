import { DuplifsError, errorText } from '../base/index.js';
import type { ErrorCode, ErrorDetails } from '../base/index.js';

/** An error of a storage that also says whether the same call may succeed when it is made again. */
export class StorageError extends DuplifsError {
  readonly transient: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { readonly transient?: boolean } = {},
  ) {
    super(code, message, details);
    this.transient = details.transient ?? false;
  }
}

/** What a failure means, before it is put into words with the URL and the name. */
export interface Failure {
  readonly code: ErrorCode;
  readonly transient: boolean;
  readonly reason: string;
  readonly hint?: string;
}

const denied = new Set(['EACCES', 'EPERM', 'EROFS']);
const missing = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const transient = new Set([
  'EAGAIN',
  'EBUSY',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EINTR',
  'EIO',
  'EMFILE',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENFILE',
  'ENOTCONN',
  'ENOTFOUND', // DNS: a laptop that wakes up has no name server yet
  'EPIPE',
  'ESTALE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_CONSTANT',
  'UND_ERR_SOCKET',
]);

/** The meaning of an error of the operating system or of Node's sockets; undefined for any other. */
export function systemFailure(error: unknown): Failure | undefined {
  const name = systemCode(error);
  if (name === undefined) return undefined;
  const reason = errorText(error) || name;
  if (denied.has(name)) return { code: 'STORAGE_DENIED', transient: false, reason };
  if (missing.has(name)) return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  if (full.has(name)) return { code: 'NO_SPACE', transient: false, reason };
  return { code: 'STORAGE', transient: transient.has(name), reason };
}

/** The `code` of a Node error ("ENOENT"), looking into the causes that libraries wrap around it. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z][A-Z_0-9]+$/.test(at.code)) {
      return at.code;
    }
  }
  return undefined;
}
