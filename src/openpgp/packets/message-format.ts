/** What can be chosen of the messages that we write. */
import type { CipherName } from './algorithms.js';

export interface MessageFormat {
  /** One of 16-octet blocks that OpenSSL has. */
  readonly cipher: CipherName;
  /** How a passphrase becomes a key (RFC 9580 section 3.7.1.3): the number of the hash, and the octet for the count. */
  readonly s2k: { readonly hash: number; readonly count: number };
}

/** SHA-256, and the highest count that there is, as gpg takes it: some 50 ms for each guess. */
export const defaultFormat: MessageFormat = { cipher: 'aes256', s2k: { hash: 8, count: 255 } };
