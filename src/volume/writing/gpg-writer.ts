/** Writes an OpenPGP message whose blocks can be decrypted and inflated one by one (src/openpgp, seekable). */
import {
  cipherByName,
  SeekableMessageWriter,
  type SeekableWriterOptions,
} from '../../openpgp/index.js';
import type { VolumeTable, VolumeWriter } from './volume-writer.js';

/** In an index's layout. */
const compressionNumbers = { none: 0, zip: 1 } as const;

export class GpgVolumeWriter implements VolumeWriter {
  readonly #message: SeekableMessageWriter;

  private constructor(message: SeekableMessageWriter) {
    this.#message = message;
  }

  /** Makes the session key; fails with KEY when a recipient cannot be encrypted to. */
  static async create(options: SeekableWriterOptions): Promise<GpgVolumeWriter> {
    return new GpgVolumeWriter(await SeekableMessageWriter.create(options));
  }

  get fileBytes(): number {
    return this.#message.fileBytes;
  }

  get pendingBytes(): number {
    return this.#message.unpackedBytes;
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#message.write(data);
  }

  async settle(): Promise<void> {
    await this.#message.settle();
  }

  async finish(): Promise<VolumeTable> {
    const { layout, sessionKey, blocks, plaintextBytes } = await this.#message.finish();
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
    this.#message.abort();
  }
}
