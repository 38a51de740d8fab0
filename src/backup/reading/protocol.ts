/** What the thread that reads and the one that writes tell each other. */
import type { ReadResult } from './read-file.js';

/** A message of the reading thread: what happened, in order, and the bytes that it is about. */
export interface ReadMessage {
  readonly bytes: ArrayBuffer;
  readonly events: readonly MessageEvent[];
}

export type MessageEvent =
  | { readonly kind: 'data'; readonly offset: number; readonly length: number }
  | {
      readonly kind: 'end';
      /** The place of the signature. */
      readonly offset: number;
      readonly length: number;
      readonly result: Omit<ReadResult, 'signature'>;
    };

/** A message is sent once it has so many bytes. */
export const messageBytes = 512 * 1024;
/** What the reading thread may be ahead: then it sleeps. */
export const maxAheadBytes = 8 * 1024 * 1024;
