import type { SignatureRun } from '../../openpgp/index.js';
import type { VolumeWriter, WrittenVolume } from './volume-writer.js';

/** Signs what is written, and gives the signature to the writer that it goes to. */
export class SignedVolumeWriter implements VolumeWriter {
  readonly #writer: VolumeWriter;
  readonly #signature: SignatureRun;

  constructor(writer: VolumeWriter, signature: SignatureRun) {
    this.#writer = writer;
    this.#signature = signature;
  }

  get fileBytes(): number {
    return this.#writer.fileBytes;
  }

  get pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) await this.#signature.update(part);
    await this.#writer.write(parts);
  }

  async settle(): Promise<void> {
    await this.#writer.settle();
  }

  async finish(): Promise<WrittenVolume> {
    return this.#writer.finish(await this.#signature.finish());
  }

  abort(): void {
    this.#signature.abort();
    this.#writer.abort();
  }
}
