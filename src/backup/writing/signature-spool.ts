/**
 * The signature of a large file while it grows: 6 MB for each GiB, which are not to be held in memory. In a file without a
 * name in the archive dir, where the sigtar lies as well; it is gone however the run ends.
 */
import type { FileHandle } from 'node:fs/promises';
import { openNameless } from '../spool/file-spool.js';

const chunkBytes = 256 * 1024;

export class SignatureSpool {
  readonly #folder: string;
  #file: FileHandle | undefined;
  #length = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bytes that were added and not taken. */
  get length(): number {
    return this.#length;
  }

  async add(bytes: Buffer): Promise<void> {
    const file = (this.#file ??= await openNameless(this.#folder));
    for (let from = 0; from < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, from, bytes.length - from, this.#length);
      from += bytesWritten;
      this.#length += bytesWritten;
    }
  }

  /** All that was added; then it is empty. */
  async *take(): AsyncGenerator<Buffer, undefined> {
    const length = this.#length;
    for (let at = 0; at < length;) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, length - at));
      const read = (await this.#file?.read(chunk, 0, chunk.length, at))?.bytesRead ?? 0;
      if (read === 0) throw new Error('The signature in the making was cut short');
      at += read;
      yield chunk.subarray(0, read);
    }
    this.#length = 0;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
