/**
 * Writes one gzip member whose blocks can be inflated one by one: each is deflated by itself and ends with
 * a full flush, so that nothing in it refers to what comes before; the last ends the stream (RFC 1951, 3.2.3;
 * RFC 1952). To every other program it is an ordinary .gz file (docs/format/1-bytes.md 7.1).
 */
import { crc32 } from 'node:zlib';
import { deflateBlock } from '../../deflate/index.js';
import { BlockCutter } from './block-cutter.js';
import type { FileSink, VolumeWriter, WrittenVolume } from './volume-writer.js';

/** Before the first block: no name, no flags, no time, so that equal contents make equal files. */
const header = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

export class GzipVolumeWriter implements VolumeWriter {
  readonly #cutter: BlockCutter;
  #crc = 0;
  #begun = false;

  /** `level` is zlib's: 1 to 9. `isIdle` as in SeekableWriterOptions. */
  constructor(level: number, sink: FileSink, isIdle?: () => boolean) {
    this.#cutter = new BlockCutter((data, last) => {
      this.#crc = crc32(data, this.#crc);
      return deflateBlock(data, level, last, isIdle?.());
    }, sink);
  }

  get fileBytes(): number {
    return this.#cutter.fileBytes;
  }

  get pendingBytes(): number {
    return this.#cutter.pendingBytes;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    await this.#begin();
    for (const part of parts) await this.#cutter.write(part);
  }

  async settle(): Promise<void> {
    await this.#cutter.settle();
  }

  async finish(): Promise<WrittenVolume> {
    await this.#begin();
    const { plaintextBytes } = this.#cutter;
    await this.#cutter.finish();
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(plaintextBytes % 2 ** 32, 4);
    await this.#cutter.raw(trailer);
    const { blocks } = this.#cutter;
    return { table: { container: 'gz', plaintextLength: plaintextBytes, blocks } };
  }

  abort(): void {
    // nothing is held but memory
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    await this.#cutter.raw(header);
  }
}
