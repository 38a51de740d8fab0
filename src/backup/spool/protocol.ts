/** What the thread that makes volumes and the one that fills them tell each other. */
import type { SentError } from '../../threads/index.js';
import type { MessageSession, Passphrase } from '../../openpgp/index.js';
import type { FileEncoding, WrittenVolume } from '../../volume/index.js';

/** The plaintext goes through buffers that are handed to and fro. */
export const bufferBytes = 1024 * 1024;
/** What may be on its way: 6 MiB. */
export const bufferCount = 6;
/** With so many on their way the one that fills them will soon wait. */
export const manyBuffers = 4;

export type VolumeRequest =
  | {
      readonly kind: 'passphrases';
      readonly session: MessageSession;
      readonly passphrases: readonly Passphrase[];
    }
  /** Files of that level will be made soon. */
  | { readonly kind: 'prepare'; readonly level: number }
  | {
      readonly kind: 'open';
      readonly encoding: FileEncoding;
      /** An open file, and the folder that it is in. */
      readonly file: number;
      readonly folder: string;
    }
  | { readonly kind: 'data'; readonly buffer: ArrayBuffer; readonly length: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'finish'; readonly signature?: Uint8Array | undefined }
  /** The thread ends behind what it is at; what it was asked for after that is not done. */
  | { readonly kind: 'end' };

/** How far the file is; see VolumeWriter. */
export interface VolumeProgress {
  readonly fileBytes: number;
  readonly pendingBytes: number;
}

export type VolumeAnswer =
  | { readonly kind: 'session'; readonly session: MessageSession }
  | ({ readonly kind: 'taken'; readonly buffer: ArrayBuffer } & VolumeProgress)
  | ({ readonly kind: 'settled' } & VolumeProgress)
  | {
      readonly kind: 'finished';
      readonly volume: WrittenVolume;
      readonly size: number;
      readonly sha1: Uint8Array;
    }
  | { readonly kind: 'failed'; readonly error: SentError };
