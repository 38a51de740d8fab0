import { namedError } from './message-error.js';
import { parseMessageHeader } from './message-header.js';
import type { MessageHeader } from './message-header.js';

/** The first bytes of a message. */
export interface MessageStart {
  readonly bytes: Uint8Array;
  /** There are no more. */
  readonly isWhole: boolean;
  /** For errors. */
  readonly fileName: string;
}

/** Who can open the message. A DuplifsError (DAMAGED) that names the file when the bytes are no message. */
export function readMessageHeader({ bytes, isWhole, fileName }: MessageStart): MessageHeader {
  try {
    return parseMessageHeader(bytes, isWhole) ?? parseMessageHeader(bytes, true) ?? none();
  } catch (error) {
    throw namedError(error, fileName);
  }
}

function none(): never {
  throw new Error('A header that is whole is always found or refused');
}
