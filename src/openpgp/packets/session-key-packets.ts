/** The packets before the data that hold the session key, one for each recipient and passphrase. */
import { createCipheriv, randomBytes } from 'node:crypto';
import type { Key, Subkey } from 'openpgp';

import { DuplifsError, errorText } from '../../base/index.js';
import { cipherByName, hashById } from './algorithms.js';
import type { SessionKey } from './algorithms.js';
import { nodeCipher } from './cfb.js';
import { openpgp } from '../keys/library.js';
import { defaultFormat } from './message-format.js';
import type { MessageFormat } from './message-format.js';
import { encodePacket, tags } from './packet-header.js';
import { passphraseBytes } from './passphrase.js';
import type { Passphrase } from './passphrase.js';
import { decodeCount, deriveKey } from './s2k.js';

/** A key that a message is encrypted to. */
export interface EncryptionKey {
  /** The primary key or subkey that is encrypted to. */
  readonly key: Key | Subkey;
  /** Its id is left out of the message. */
  readonly hidden: boolean;
  /** When nobody can encrypt to it any more; undefined: never, or not known. In seconds since the epoch. */
  readonly expiresSeconds?: number | undefined;
}

const saltBytes = 8;

type AnyPublicKey = (Key | Subkey)['keyPacket'];

/** The packet's own parts, which its types leave out. */
interface Pkesk {
  readonly encrypt: (key: AnyPublicKey) => Promise<void>;
  readonly write: () => Uint8Array;
}
interface PkeskClass {
  fromObject(parts: {
    version: 3;
    encryptionKeyPacket: AnyPublicKey;
    anonymousRecipient: boolean;
    sessionKey: Uint8Array;
    sessionKeyAlgorithm: number;
  }): Pkesk;
}

/** A PKESK packet, version 3 (RFC 9580 section 5.1.1). */
export async function recipientPacket(
  { key, hidden }: EncryptionKey,
  sessionKey: SessionKey,
): Promise<Buffer> {
  const pkeskClass = openpgp().PublicKeyEncryptedSessionKeyPacket as unknown as PkeskClass;
  const packet = pkeskClass.fromObject({
    version: 3,
    encryptionKeyPacket: key.keyPacket,
    anonymousRecipient: hidden,
    sessionKey: sessionKey.key,
    sessionKeyAlgorithm: cipherByName(sessionKey.algorithm).id,
  });
  try {
    await packet.encrypt(key.keyPacket);
  } catch (error) {
    const id = key.getKeyID().toHex().toUpperCase();
    throw new DuplifsError('KEY', `Cannot encrypt to key ${id}: ${errorText(error)}`, {
      cause: error,
    });
  }
  return encodePacket(tags.pkesk, packet.write());
}

/**
 * An SKESK packet, version 4 (RFC 9580 section 5.3.1), with an encrypted session key. Each has a salt of its
 * own: two session keys under one derived key would give away the difference between them.
 */
export async function passphrasePacket(
  passphrase: Passphrase,
  { algorithm, key }: SessionKey,
  { hash, count }: MessageFormat['s2k'] = defaultFormat.s2k,
): Promise<Buffer> {
  const cipher = cipherByName(algorithm);
  const salt = randomBytes(saltBytes);
  const s2k = { hash: hashById(hash), salt, count: decodeCount(count) };
  const secret = passphraseBytes(passphrase);
  const derived = await deriveKey(s2k, secret, cipher.keyBytes);
  secret.fill(0);
  const iv = Buffer.alloc(cipher.blockBytes);
  const encrypted = createCipheriv(nodeCipher(algorithm, 'cfb'), derived, iv).update(
    Buffer.concat([Buffer.of(cipher.id), key]),
  );
  derived.fill(0);
  const head = Buffer.of(4, cipher.id, 3, hash);
  return encodePacket(tags.skesk, Buffer.concat([head, salt, Buffer.of(count), encrypted]));
}
