/** Writes an OpenPGP message whose blocks can be decrypted and inflated one by one (src/openpgp, seekable). */
import { cipherByName, SeekableMessageWriter } from '../../openpgp/index.js';
import type { SeekableWriterOptions } from '../../openpgp/index.js';
import type { VolumeTable, VolumeWriter } from './volume-writer.js';

/** In an index's layout. */
const compressionNumbers = { none: 0, zip: 1 } as const;

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

  async finish(signature?: Uint8Array): Promise<VolumeTable> {
    const { layout, sessionKey, blocks, plaintextBytes } = await this.#message.finish(signature);
    const { dataOffset, partBytes, bodyBytes, compression } = layout;
    return {
      container: 'gpg',
      sessionKey: { algorithm: cipherByName(sessionKey.algorithm).id, key: sessionKey.key },
      plaintextLength: plaintextBytes,
      layout: [compressionNumbers[compression], dataOffset, partBytes, bodyBytes],
      blocks: blocks.filter(({ plaintextLength }) => plaintextLength > 0),
    };
  }

  abort(): void {
    // nothing is held but memory
  }
}
