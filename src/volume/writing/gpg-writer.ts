/** Writes an OpenPGP message whose blocks can be decrypted and inflated one by one (src/openpgp, seekable). */
import { packBlocks } from '../../archive/index.js';
import { cipherByName, SeekableMessageWriter } from '../../openpgp/index.js';
import type { SeekableWriterOptions } from '../../openpgp/index.js';
import type { VolumeWriter, WrittenVolume } from './volume-writer.js';

export class GpgVolumeWriter implements VolumeWriter {
  readonly #message: SeekableMessageWriter;

  constructor(options: SeekableWriterOptions) {
    this.#message = new SeekableMessageWriter(options);
  }

  get fileBytes(): number {
    return this.#message.fileBytes;
  }

  get pendingBytes(): number {
    return this.#message.unpackedBytes;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) await this.#message.write(part);
  }

  async settle(): Promise<void> {
    await this.#message.settle();
  }

  async finish(signature?: Uint8Array): Promise<WrittenVolume> {
    const { layout, sessionKey, blocks, plaintextBytes } = await this.#message.finish(signature);
    return {
      table: {
        container: 'gpg',
        plaintextLength: plaintextBytes,
        layout,
        blocks: packBlocks(blocks.filter(({ plaintextLength }) => plaintextLength > 0)),
      },
      sessionKey: { algorithm: cipherByName(sessionKey.algorithm).id, key: sessionKey.key },
    };
  }

  abort(): void {
    // nothing is held but memory
  }
}
