/** How the files of a set are wrapped, and what writes them so. */
import type { EncryptionKey, MessageSigner } from '../../openpgp/index.js';
import { GpgVolumeWriter } from './gpg-writer.js';
import { GzipVolumeWriter } from './gzip-writer.js';
import { PlainVolumeWriter } from './plain-writer.js';
import type { FileSink, VolumeWriter } from './volume-writer.js';

export type Encoding =
  | { readonly container: 'plain' }
  | { readonly container: 'gz'; readonly level: number }
  | {
      readonly container: 'gpg';
      /** zlib's level; 0 for none. */
      readonly level: number;
      /** At least one key or passphrase. */
      readonly encryptTo: readonly EncryptionKey[];
      readonly passphrases: readonly string[];
      readonly signer?: MessageSigner;
    };

export async function openVolumeWriter(
  encoding: Encoding,
  sink: FileSink,
  signal?: AbortSignal,
): Promise<VolumeWriter> {
  switch (encoding.container) {
    case 'plain':
      return new PlainVolumeWriter(sink);
    case 'gz':
      return new GzipVolumeWriter(encoding.level, sink);
    case 'gpg': {
      const { level, encryptTo, passphrases, signer } = encoding;
      return GpgVolumeWriter.create({
        ...{ level, encryptTo, passphrases, sink },
        ...(signer === undefined ? {} : { signer }),
        ...(signal === undefined ? {} : { signal }),
      });
    }
  }
}
