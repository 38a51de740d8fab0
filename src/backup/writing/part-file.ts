/** A file in the archive dir that grows while a set is written, in large writes. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

const flushBytes = 256 * 1024;

export class PartFile {
  readonly path: string;
  readonly #file: FileHandle;
  #parts: Buffer[] = [];
  #waiting = 0;
  #written: number;

  private constructor(path: string, file: FileHandle, length: number) {
    this.path = path;
    this.#file = file;
    this.#written = length;
  }

  /** Opens the file, 0600, and cuts it to its first `keepBytes`. */
  static async open(path: string, keepBytes = 0): Promise<PartFile> {
    const file = await open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await file.truncate(keepBytes);
      return new PartFile(path, file, keepBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes in the file and waiting to be. */
  get length(): number {
    return this.#written + this.#waiting;
  }

  /** Keeps the bytes, which must not change; undefined when more may come at once. */
  add(bytes: Buffer): Promise<void> | undefined {
    if (bytes.length === 0) return undefined;
    this.#parts.push(bytes);
    this.#waiting += bytes.length;
    return this.#waiting < flushBytes ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    if (this.#waiting === 0) return;
    const parts = this.#parts;
    let at = this.#written;
    this.#written += this.#waiting;
    this.#parts = [];
    this.#waiting = 0;
    for (const bytes of inLargeWrites(parts)) {
      for (let from = 0; from < bytes.length;) {
        from += (await this.#file.write(bytes, from, bytes.length - from, at + from)).bytesWritten;
      }
      at += bytes.length;
    }
  }

  /** Flushes, and makes what was written last. */
  async sync(): Promise<void> {
    await this.flush();
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Small ones joined; a large one as it is, for the signature of a large file is as long as a hundred others. */
function* inLargeWrites(parts: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = [];
  for (const part of parts) {
    if (part.length < flushBytes) {
      small.push(part);
      continue;
    }
    if (small.length > 0) yield Buffer.concat(small);
    small = [];
    yield part;
  }
  if (small.length > 0) yield Buffer.concat(small);
}
