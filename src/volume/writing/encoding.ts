/** How the files of a set are wrapped, and what writes them so. */
import { messageSession, withPassphrases } from '../../openpgp/index.js';
import type {
  EncryptionKey,
  MessageFormat,
  MessageSession,
  MessageSigner,
  Passphrase,
} from '../../openpgp/index.js';
import { GpgVolumeWriter } from './gpg-writer.js';
import { GzipVolumeWriter } from './gzip-writer.js';
import { PlainVolumeWriter } from './plain-writer.js';
import { SignedVolumeWriter } from './signed-writer.js';
import type { FileSink, VolumeWriter } from './volume-writer.js';

/** Without encryption. */
type OpenEncoding =
  | { readonly container: 'plain' }
  /** `level` is zlib's, 1 to 9. */
  | { readonly container: 'gz'; readonly level: number };

export type Encoding =
  | OpenEncoding
  | {
      readonly container: 'gpg';
      /** 1 to 9; 0 for none. */
      readonly level: number;
      /** Other than usual: `--gpg-options`. */
      readonly format?: MessageFormat | undefined;
      /** At least one key or passphrase. */
      readonly encryptTo: readonly EncryptionKey[];
      readonly passphrases: readonly Passphrase[];
      /** Others that are known: a chain that one of them opens is continued with that one. */
      readonly otherPassphrases?: readonly Passphrase[];
      readonly signer?: MessageSigner | undefined;
      /** One for all files, where it is made elsewhere or ahead. */
      readonly session?: Promise<MessageSession>;
    };

/** How one file is wrapped: nothing but data, so that another thread can do it. A signature is made elsewhere. */
export type FileEncoding =
  | OpenEncoding
  | {
      readonly container: 'gpg';
      readonly level: number;
      readonly session: MessageSession;
      readonly onePass?: Uint8Array | undefined;
    };

/** Makes a session key where one is needed; fails with KEY when a recipient cannot be encrypted to. */
export async function encodingOfFile(encoding: Encoding): Promise<FileEncoding> {
  if (encoding.container !== 'gpg') return encoding;
  const { container, level, encryptTo, passphrases, signer, format } = encoding;
  const session = await (encoding.session ??
    withPassphrases(await messageSession(encryptTo, format), passphrases));
  return { container, level, session, onePass: signer ? signer.onePass : undefined };
}

/**
 * The writer; of a signed message one whose `finish` gets the signature. `isIdle` says whether nobody waits for the
 * writer, see SeekableWriterOptions.
 */
export function openFileWriter(
  encoding: FileEncoding,
  sink: FileSink,
  isIdle?: () => boolean,
): VolumeWriter {
  switch (encoding.container) {
    case 'plain':
      return new PlainVolumeWriter(sink);
    case 'gz':
      return new GzipVolumeWriter(encoding.level, sink, isIdle);
    case 'gpg':
      return new GpgVolumeWriter({ ...encoding, sink, isIdle });
  }
}

/** Has what goes through the writer signed, where it is to be. */
export function signedBy(encoding: Encoding, writer: VolumeWriter): VolumeWriter {
  const signer = encoding.container === 'gpg' ? encoding.signer : undefined;
  return signer === undefined ? writer : new SignedVolumeWriter(writer, signer.begin());
}
