/** Whether the content of a file in the backup is what something else says that it is. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { parseSignature, SignatureBuilder, unusableReason } from '../librsync/index.js';

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

/** Compares with a librsync signature. */
export class SignatureCheck implements ContentCheck {
  readonly #signature: Buffer;
  readonly #builder: SignatureBuilder;

  private constructor(signature: Buffer, blockLength: number) {
    this.#signature = signature;
    this.#builder = new SignatureBuilder(blockLength);
  }

  /** Undefined for a signature of another kind than duplicity writes. `name` is what errors call it. */
  static of(signature: Buffer, name: string): SignatureCheck | undefined {
    const parsed = parseSignature(signature, name);
    const isOurs = unusableReason(parsed) === undefined && parsed.strongLength === 8;
    return isOurs ? new SignatureCheck(signature, parsed.blockLength) : undefined;
  }

  update(chunk: Buffer): Promise<void> {
    this.#builder.update(chunk);
    return Promise.resolve();
  }

  isSame(): Promise<boolean> {
    return Promise.resolve(this.#builder.digest().equals(this.#signature));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
