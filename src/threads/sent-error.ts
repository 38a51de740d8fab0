/** Errors on their way between threads, which keep no classes. */
import { DuplifsError, isDuplifsError, errorText } from '../base/index.js';
import type { ErrorCode } from '../base/index.js';

export interface SentError {
  readonly message: string;
  /** Of a DuplifsError. */
  readonly code?: ErrorCode;
  readonly hint?: string | undefined;
}

/** What a thread sends of an error: of a defect also where it is. */
export function sentError(error: unknown): SentError {
  const message = errorText(error);
  if (isDuplifsError(error)) {
    const { code, hint } = error;
    return { message, code, hint };
  }
  return { message: error instanceof Error ? (error.stack ?? message) : message };
}

/** The error that was sent. */
export function receivedError({ message, code, hint }: SentError): Error {
  if (code === undefined) return new Error(message);
  return new DuplifsError(code, message, hint === undefined ? {} : { hint });
}
