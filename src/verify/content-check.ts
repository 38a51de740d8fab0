/** Whether the content of a file in the backup is what something else says that it is. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { SignatureCheck } from '../librsync/index.js';

/** Is given the whole content, in order. */
export interface ContentCheck {
  update(chunk: Buffer): Promise<void>;
  /** Once all was given. */
  isSame(): Promise<boolean>;
  close(): Promise<void>;
}

/** Compares with a file, byte by byte; links are not followed. */
export class FileCheck implements ContentCheck {
  readonly #file: FileHandle;
  readonly #own: Buffer;
  #length = 0;
  #isSame = true;

  private constructor(file: FileHandle, longestChunk: number) {
    this.#file = file;
    this.#own = Buffer.allocUnsafe(longestChunk);
  }

  /** @param longestChunk the most bytes that are given at once */
  static async open(path: Buffer, longestChunk: number, followLinks: boolean): Promise<FileCheck> {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const flags = O_RDONLY | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW);
    return new FileCheck(await open(path, flags), longestChunk);
  }

  async update(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && this.#isSame;) {
      const wanted = chunk.length - at;
      const { bytesRead } = await this.#file.read(this.#own, 0, wanted, this.#length + at);
      const part = chunk.subarray(at, at + bytesRead);
      this.#isSame = bytesRead > 0 && this.#own.subarray(0, bytesRead).equals(part);
      at += bytesRead;
    }
    this.#length += chunk.length;
  }

  async isSame(): Promise<boolean> {
    const stats = await this.#file.stat();
    return this.#isSame && stats.isFile() && stats.size === this.#length;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Compares with a librsync signature; undefined for one of another kind than duplicity writes. */
export function signatureCheck(signature: Buffer, name: string): ContentCheck | undefined {
  const check = SignatureCheck.of(signature, name);
  return (
    check && {
      update: (chunk) => {
        check.update(chunk);
        return Promise.resolve();
      },
      isSame: () => Promise.resolve(check.isSame()),
      close: () => Promise.resolve(),
    }
  );
}
