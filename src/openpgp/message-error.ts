import { DuplifsError, isDuplifsError } from '../base/index.js';

/**
 * What a parser of this room throws: it knows what is wrong with the bytes but not which file they
 * are of. The text completes the sentence "… is damaged: ". It never leaves the room: whoever knows
 * the file's name turns it into a DuplifsError with `namedError`.
 */
export class MessageError extends Error {
  override readonly name = 'MessageError';
}

/** The DuplifsError (code DAMAGED) for a MessageError; anything else is returned as it is. */
export function namedError(error: unknown, fileName: string): unknown {
  if (isDuplifsError(error) || !(error instanceof MessageError)) return error;
  return new DuplifsError(
    'DAMAGED',
    `The OpenPGP file "${fileName}" is damaged: ${error.message}`,
    {
      hint: 'Fetch the file again, or restore it from another copy of the backup',
      cause: error,
    },
  );
}
