/** OpenPGP: what opens a message, and messages as streams of verified plaintext. */
export type { CipherName, SessionKey } from './algorithms.js';
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
