/** Cuts a plaintext into blocks and keeps what is made of them in order, some in work at the same time. */
import { createHash } from 'node:crypto';
import { digestBytes, packBlocks } from '../../archive/index.js';
import type { Block } from '../../archive/index.js';
import { noteShortLived } from '../../threads/index.js';
import { blockBytes } from './volume-writer.js';
import type { FileSink } from './volume-writer.js';

/** Blocks that are deflated at the same time or wait for those before them. */
const maxInWork = 16;

/** Wraps one block, at once or not: called in order, the results are written in order. */
export type PackBlock = (data: Buffer, last: boolean) => Buffer | Promise<Buffer>;

export class BlockCutter {
  readonly #pack: PackBlock;
  readonly #sink: FileSink;
  readonly #inWork: Promise<void>[] = [];
  readonly #blocks: Block[] = [];
  #chain: Promise<void> = Promise.resolve();
  #pending = Buffer.allocUnsafeSlow(blockBytes);
  #filled = 0;
  #cut = 0;
  #fileBytes = 0;
  /** Bytes of plaintext whose blocks reached the sink. */
  #done = 0;

  constructor(pack: PackBlock, sink: FileSink) {
    this.#pack = pack;
    this.#sink = sink;
  }

  get fileBytes(): number {
    return this.#fileBytes;
  }

  get pendingBytes(): number {
    return this.#cut + this.#filled - this.#done;
  }

  get plaintextBytes(): number {
    return this.#cut + this.#filled;
  }

  /** Those that hold something, packed. */
  get blocks(): Buffer {
    return packBlocks(this.#blocks.filter(({ plaintextLength }) => plaintextLength > 0));
  }

  /** Writes bytes that belong to the file and to no block, before the first or after the last. */
  async raw(bytes: Buffer): Promise<void> {
    await this.#chain;
    this.#fileBytes += bytes.length;
    await this.#sink(bytes);
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      // a full block waits until it is known not to be the last
      if (this.#filled === blockBytes) await this.#handOver(false);
      const piece = data.subarray(at, at + blockBytes - this.#filled);
      this.#pending.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
    }
  }

  async settle(): Promise<void> {
    await this.#chain;
    this.#inWork.length = 0;
  }

  async finish(): Promise<void> {
    await this.#handOver(true);
    await this.settle();
  }

  async #handOver(last: boolean): Promise<void> {
    const data = this.#pending.subarray(0, this.#filled);
    const plaintextOffset = this.#cut;
    this.#pending = last ? Buffer.alloc(0) : Buffer.allocUnsafeSlow(blockBytes);
    this.#cut += data.length;
    this.#filled = 0;
    noteShortLived(2 * data.length); // it, and what is made of it
    const packed = this.#pack(data, last);
    const isPacked = Buffer.isBuffer(packed);
    if (!isPacked) packed.catch(() => undefined); // its error is that of the chain
    const digest = createHash('sha256').update(data).digest().subarray(0, digestBytes);
    this.#chain = this.#chain.then(async () => {
      const bytes = await packed;
      this.#blocks.push({
        plaintextOffset,
        plaintextLength: data.length,
        fileOffset: this.#fileBytes,
        fileLength: bytes.length,
        digest,
      });
      this.#fileBytes += bytes.length;
      this.#done += data.length;
      await this.#sink(bytes);
    });
    this.#chain.catch(() => undefined);
    this.#inWork.push(this.#chain);
    if (isPacked || this.#inWork.length >= maxInWork) await this.#inWork.shift();
  }
}
