import { errorText } from '../../base/index.js';
import type { Failure } from '../errors.js';
import { systemFailure } from '../errors.js';
import { replyCode } from './reply-code.js';

/**
 * What an answer of an FTP server means (RFC 959, 4.2). 550 stands for whatever is wrong with a file, so
 * that only the text, which is free, tells a missing file from a forbidden one.
 */
export function ftpFailure(error: unknown): Failure | undefined {
  const code = replyCode(error);
  const reason = plainText(errorText(error));
  if (code === undefined) {
    if (dataConnection.test(reason)) {
      const failure = systemFailure(error) ?? { code: 'STORAGE', transient: true, reason };
      return { ...failure, reason, hint: dataHint };
    }
    if (/certificate|self.signed/i.test(reason)) {
      return { code: 'STORAGE_DENIED', transient: false, reason };
    }
    const failure = systemFailure(error);
    if (failure === undefined || !/\(data socket\)$/.test(reason)) return failure;
    return {
      ...failure,
      hint: 'The server broke the transfer off and does not say why; its log does. Its disk may be full',
    };
  }
  if (code === 530 || code === 532 || code === 331 || code === 332 || isDenied(reason)) {
    return { code: 'STORAGE_DENIED', transient: false, reason };
  }
  if (isFull(error)) return { code: 'NO_SPACE', transient: false, reason };
  if (isMissing(error)) return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
  return { code: 'STORAGE', transient: code < 500, reason };
}

const dataConnection = /data connection/;
const dataHint =
  'The control connection works. A firewall or router between may hold up data connections: let the passive ports ' +
  'of the server through';

/** What the library says in its own terms, or to programmers. */
const ownWords: readonly (readonly [RegExp, string])[] = [
  [
    /^This library only supports .*/s,
    'The server lists its files in a form that is not understood',
  ],
  [/^StringWriter: Maximum bytes exceeded.*/s, 'The listing of the server is absurdly long'],
  [/^Client is closed because /, ''],
  [/^User closed client.*/s, 'The connection was closed'],
  [/^Server sent FIN packet unexpectedly.*/s, 'The server closed the connection'],
  [/^Can't open data connection in passive mode: /, 'No data connection can be opened: '],
  [/^Timeout when trying to open data connection to .*/s, 'No data connection came about in time'],
];

function plainText(text: string): string {
  return ownWords.reduce((shown, [words, plain]) => shown.replace(words, plain), text);
}

/** Whether the server does not know a command, or not for this user. */
export function isUnknownCommand(error: unknown): boolean {
  const code = replyCode(error);
  if (code === undefined) return false;
  return [500, 501, 502, 504].includes(code) || (code === 550 && isDenied(errorText(error)));
}

/** Whether the error says that there is no room: by its code, or by the words of servers that use 426 and 451 for all. */
function isFull(error: unknown): boolean {
  const code = replyCode(error);
  if (code === undefined) return false;
  return code === 452 || code === 552 || /no space|disk full|quota/i.test(errorText(error));
}

/** Whether the error says that the file is not there. */
export function isMissing(error: unknown): boolean {
  return replyCode(error) === 550 && !isDenied(errorText(error));
}

function isDenied(reason: string): boolean {
  return /denied|permi(?:ssion|tted)|privilege|not allowed|read.only|forbidden/i.test(reason);
}
