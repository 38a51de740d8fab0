/**
 * OpenPGP. Reading: a Keyring opens messages, `decryptMessage` streams them verified. Writing: a
 * SeekableMessageWriter makes messages whose blocks `decodeBlock` reads one by one.
 */
export { cipherById, cipherByName } from './packets/algorithms.js';
export type { CipherName, SessionKey } from './packets/algorithms.js';
export { compareReaders } from './keys/compare-readers.js';
export type { NewReaders, OpenedHeader, ReaderMatch } from './keys/compare-readers.js';
export { decryptMessage } from './packets/decrypt-message.js';
export type {
  DecryptedMessage,
  DecryptOptions,
  DecryptResult,
  EncryptedPlace,
  MessageSeeking,
} from './packets/decrypt-message.js';
export type { GpgProgram } from './gpg/gpg.js';
export { gpgWriting } from './gpg/writing-options.js';
export type { GpgWriting } from './gpg/writing-options.js';
export type { MessageFormat } from './packets/message-format.js';
export type { KeyFile } from './keys/key-files.js';
export { generateKey, keyAlgorithms } from './keys/generate-key.js';
export type { KeyAlgorithm, KeyWish, NewKey } from './keys/generate-key.js';
export { generatePassphrase, leastWords, usualWords } from './keys/generate-passphrase.js';
export type { NewPassphrase } from './keys/generate-passphrase.js';
export {
  exportPublicKey,
  exportSecretKey,
  importKeys,
  listGpgKeys,
  readOwnertrust,
  setOwnertrust,
} from './gpg/gpg-keyring.js';
export { formatKeyArchive, parseKeyFile } from './keys/key-archive.js';
export type { KeyArchive, KeyFileContents } from './keys/key-archive.js';
export { isKeyBundle, openKeyBundle } from './keys/key-bundles.js';
export { hasKeyId, isExpiringSoon, ownertrustNumbers, usesOf } from './keys/key-record.js';
export type {
  KeyPart,
  KeyRecord,
  KeyTrust,
  KeyUses,
  Ownertrust,
  OwnertrustLevel,
} from './keys/key-record.js';
export { normalKeyId, fingerprintMatches } from './keys/public-keys.js';
export type { Opener } from './keys/session-key-search.js';
export { sealed, sealedText } from './seekable/seal.js';
export { Keyring } from './keys/keyring.js';
export type { KeyringOptions } from './keys/keyring.js';
export type { ContentPlace, LiteralInfo } from './packets/message-content.js';
export { readMessageHeader } from './packets/message-start.js';
export type { MessageStart } from './packets/message-start.js';
export { maxHeaderSize, parseMessageHeader } from './packets/message-header.js';
export type { MessageHeader, Recipient } from './packets/message-header.js';
export type { Signer } from './packets/message-signatures.js';
export type { Ask } from './keys/passphrases.js';
export type { Passphrase } from './packets/passphrase.js';
export { sessionKeyFits } from './gpg/session-key-probe.js';
export { encryptionKeyFor } from './keys/recipients.js';
export type { MessageSigner, SignatureRun } from './packets/message-signer.js';
export {
  contentOffsetOf,
  contentRange,
  decryptContent,
  literalDataIn,
  plaintextOffsetOf,
} from './seekable/continuous.js';
export type { ContentRange, ContinuousMessage } from './seekable/continuous.js';
export { withSkips } from './seekable/layout.js';
export type { SeekableBlock, SeekableLayout } from './seekable/layout.js';
export { decodeBlock, decodeBlocks, rangeOfBlocks } from './seekable/reader.js';
export type { SeekableMessage } from './seekable/reader.js';
export { continuedSession } from './seekable/continued-session.js';
export { messageSession, SeekableMessageWriter, withPassphrases } from './seekable/writer.js';
export type { MessageSession, SeekableResult, SeekableWriterOptions } from './seekable/writer.js';
export type { EncryptionKey } from './packets/session-key-packets.js';
export { signerFor } from './keys/signers.js';
export type { IntegrityProblem, OpenPgpEvent } from './events.js';
