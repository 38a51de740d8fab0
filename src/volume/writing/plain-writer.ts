import { BlockCutter } from './block-cutter.js';
import type { FileSink, VolumeWriter, WrittenVolume } from './volume-writer.js';

/** Writes the plaintext as it is (`--no-encryption --no-compression`). */
export class PlainVolumeWriter implements VolumeWriter {
  readonly #cutter: BlockCutter;

  constructor(sink: FileSink) {
    this.#cutter = new BlockCutter((data) => data, sink);
  }

  get fileBytes(): number {
    return this.#cutter.fileBytes;
  }

  get pendingBytes(): number {
    return this.#cutter.pendingBytes;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) await this.#cutter.write(part);
  }

  async settle(): Promise<void> {
    await this.#cutter.settle();
  }

  async finish(): Promise<WrittenVolume> {
    const { plaintextBytes } = this.#cutter;
    await this.#cutter.finish();
    const { blocks } = this.#cutter;
    return { table: { container: 'plain', plaintextLength: plaintextBytes, blocks } };
  }

  abort(): void {
    // nothing is held but memory
  }
}
