/**
 * What writes one file of a set so that any part of it can be read alone (docs/writing.md, "Volumes"):
 * plain, as a gzip member, or as an OpenPGP message. The three differ only in how a block is wrapped.
 */

import type { BlockTable } from '../../archive/index.js';

/** The plaintext in one block. */
export const blockBytes = 256 * 1024;

/** What an index keeps of a volume, apart from its name and the sums of the file. */
export interface WrittenVolume {
  readonly table: BlockTable;
  /** Of an encrypted one: OpenPGP's number of the cipher, and the key. */
  readonly sessionKey?: { readonly algorithm: number; readonly key: Buffer } | undefined;
}

/** Takes the file, one piece after the other. A piece may change once the next one was taken. */
export type FileSink = (piece: Buffer) => Promise<void>;

/**
 * Calls must not overlap. Errors of the sink come out of the next call and are final: `abort` and forget.
 */
export interface VolumeWriter {
  /** Bytes that the sink has taken so far. */
  readonly fileBytes: number;
  /** Bytes of plaintext that are not in `fileBytes` yet: the file grows by about as much at most. */
  readonly pendingBytes: number;
  /** Takes the parts, which may be used again once it is done; undefined when that is so at once. */
  write(parts: readonly Uint8Array[]): Promise<void> | undefined;
  /** Waits until all whole blocks have reached the sink. */
  settle(): Promise<void>;
  /** Writes what is left, and the signature of a message that is to have one; nothing may be written afterwards. */
  finish(signature?: Uint8Array): Promise<WrittenVolume>;
  abort(): void;
}
