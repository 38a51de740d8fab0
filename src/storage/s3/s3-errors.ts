import { errorText } from '../../base/index.js';
import type { Failure } from '../errors.js';
import { systemFailure } from '../errors.js';

const denied = new Set([
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'ExpiredToken',
  'Forbidden',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'Unauthorized',
]);
const passing = new Set([
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'RequestTimeTooSkewed', // the SDK has learnt the server's clock from the answer
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
]);
const full = new Set(['EntityTooLarge', 'QuotaExceeded', 'XMinioStorageFull']);

/** What an error of the SDK means, by the codes of the S3 API reference ("Error responses"). */
export function s3Failure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = httpStatus(error);
  const reason = `${error.name}: ${errorText(error)}`;
  if (error.name === 'NoSuchBucket') {
    return {
      code: 'STORAGE_NOT_FOUND',
      transient: false,
      reason: 'the bucket does not exist',
      hint: 'Make the bucket, or check the URL and --s3-endpoint-url',
    };
  }
  if (error.name === 'InvalidObjectState') {
    return {
      code: 'STORAGE',
      transient: false,
      reason: 'the object lies in an archive tier and must be restored first',
      hint: 'Restore it with "aws s3api restore-object" first, which takes minutes to hours',
    };
  }
  if (error.name === 'RequestTimeTooSkewed') {
    return { code: 'STORAGE', transient: true, reason, hint: 'Set the clock of this machine' };
  }
  if (denied.has(error.name)) return { code: 'STORAGE_DENIED', transient: false, reason };
  if (full.has(error.name) || status === 507) return { code: 'NO_SPACE', transient: false, reason };
  if (passing.has(error.name)) return { code: 'STORAGE', transient: true, reason };
  return systemFailure(error) ?? byStatus(status, reason);
}

function byStatus(status: number | undefined, reason: string): Failure {
  if (status === 401 || status === 403) {
    return { code: 'STORAGE_DENIED', transient: false, reason };
  }
  if (status === 404) return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  const transient = status === undefined || status === 408 || status === 429 || status >= 500;
  return { code: 'STORAGE', transient, reason };
}

export function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;
}
