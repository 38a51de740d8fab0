/** Writes the pieces of a file into the temporary folder and sums them up, for the thread that makes it. */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { DuplifsError, errorText } from '../../base/index.js';
import { checkRoom } from './check-room.js';

/** How often the room in the temporary folder is looked at. */
const bytesPerCheck = 8 << 20;
const roomHint = 'Free some space, or choose another folder with --tempdir or a smaller --volsize';

/** What the manifest and the index say of a file. */
export interface FileSums {
  readonly size: number;
  readonly sha1: Buffer;
}

export class SpoolSink {
  readonly #file: number;
  readonly #folder: string;
  readonly #sha1 = createHash('sha1');
  #size = 0;
  #checkAt = 0;

  /** `file` is an open file, written from its start, in `folder`. */
  constructor(file: number, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  /** A FileSink that is done when it returns. Fails with NO_SPACE. */
  add(piece: Uint8Array): Promise<void> {
    this.#sha1.update(piece);
    if (this.#size >= this.#checkAt) {
      this.#checkAt = this.#size + bytesPerCheck;
      checkRoom(this.#folder, roomHint);
    }
    try {
      for (let at = 0; at < piece.length;) {
        at += writeSync(this.#file, piece, at, piece.length - at, this.#size + at);
      }
    } catch (error) {
      throw new DuplifsError('NO_SPACE', `Cannot write to "${this.#folder}": ${errorText(error)}`, {
        hint: roomHint,
        cause: error,
      });
    }
    this.#size += piece.length;
    return Promise.resolve();
  }

  /** Once, at the end. */
  sums(): FileSums {
    return { size: this.#size, sha1: this.#sha1.digest() };
  }
}
