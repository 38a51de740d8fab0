/**
 * OpenPGP. Reading: a Keyring opens messages, `decryptMessage` streams them verified. Writing: a
 * SeekableMessageWriter makes messages whose blocks `decodeBlock` reads one by one.
 */
export { cipherById, cipherByName } from './algorithms.js';
export type { CipherName, SessionKey } from './algorithms.js';
export { compareReaders } from './compare-readers.js';
export type { NewReaders, ReaderMatch } from './compare-readers.js';
export { decryptMessage } from './decrypt-message.js';
export type { DecryptedMessage, DecryptOptions, DecryptResult } from './decrypt-message.js';
export type { GpgProgram } from './gpg.js';
export type { KeyFile } from './key-files.js';
export { Keyring } from './keyring.js';
export type { KeyringOptions } from './keyring.js';
export type { LiteralInfo } from './message-content.js';
export { parseMessageHeader } from './message-header.js';
export type { MessageHeader, Recipient } from './message-header.js';
export type { Signer } from './message-signatures.js';
export type { Ask } from './passphrases.js';
export { sessionKeyFits } from './session-key-probe.js';
export { encryptionKeyFor } from './recipients.js';
export type { MessageSigner, SignatureRun } from './message-signer.js';
export { withSkips } from './seekable-layout.js';
export type { SeekableBlock, SeekableLayout } from './seekable-layout.js';
export { decodeBlock, decodeBlocks, rangeOfBlocks } from './seekable-reader.js';
export type { SeekableMessage } from './seekable-reader.js';
export { messageSession, SeekableMessageWriter, withPassphrases } from './seekable-writer.js';
export type { MessageSession, SeekableResult, SeekableWriterOptions } from './seekable-writer.js';
export type { EncryptionKey } from './session-key-packets.js';
export { signerFor } from './signers.js';
