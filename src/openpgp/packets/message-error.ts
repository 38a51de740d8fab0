import { DuplifsError, isDuplifsError } from '../../base/index.js';

/**
 * What a parser of this room throws: it knows what is wrong with the bytes but not which file they
 * are of. The text completes the sentence "… is damaged: ". It never leaves the room: whoever knows
 * the file's name turns it into a DuplifsError with `namedError`.
 */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** The same for what is not damaged but cannot be read here; the text completes "… cannot be read: ". */
export class UnsupportedError extends MessageError {}

/** The DuplifsError for a MessageError (DAMAGED, or KEY for what is not supported); else the error itself. */
export function namedError(error: unknown, fileName: string): unknown {
  if (isDuplifsError(error) || !(error instanceof MessageError)) return error;
  const file = `The OpenPGP file "${fileName}"`;
  if (error instanceof UnsupportedError) {
    return new DuplifsError('KEY', `${file} cannot be read: ${error.message}`, {
      hint: 'Leave it as it is, for the manifest has its hash: where gpg reads it, so does "duplicity restore"',
      cause: error,
    });
  }
  return new DuplifsError('DAMAGED', `${file} is damaged: ${error.message}`, {
    hint: 'Fetch the file again, or restore it from another copy of the backup',
    cause: error,
  });
}
