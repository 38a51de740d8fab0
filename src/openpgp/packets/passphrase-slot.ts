/**
 * An SKESK packet: the session key for whoever knows one passphrase (RFC 9580 section 5.3; version 5 is
 * GnuPG's, before the RFC). gpg 2.2 writes version 4 without an encrypted session key: the key derived
 * from the passphrase is the session key itself, and nothing in the packet tells a wrong one.
 */
import { hkdfSync } from 'node:crypto';

import { aeadById, openAead } from './aead-modes.js';
import { cipherById } from './algorithms.js';
import type { Cipher, SessionKey } from './algorithms.js';
import { decryptCfbBytes } from './cfb.js';
import { parseS2k } from './s2k.js';
import type { S2k } from './s2k.js';

export interface PassphraseSlot {
  readonly version: number;
  /** The packet names algorithms that are not known here; it is passed over. */
  readonly unsupported: boolean;
  readonly cipher: Cipher | undefined;
  readonly s2k: S2k | undefined;
  readonly aead: number;
  readonly iv: Buffer;
  /** The encrypted session key, with its tag at the end for AEAD; empty when there is none. */
  readonly encrypted: Buffer;
}

const none = Buffer.alloc(0);

export function parsePassphraseSlot(body: Buffer): PassphraseSlot {
  const version = body[0] ?? 0;
  try {
    if (version === 4) return version4(body);
    if (version === 5) return version56(body, 5, 1);
    if (version === 6) return version56(body, 6, 2);
  } catch {
    // Another recipient's packet may still open the message.
  }
  const nothing = { cipher: undefined, s2k: undefined, aead: 0, iv: none, encrypted: none };
  return { version, unsupported: true, ...nothing };
}

function version4(body: Buffer): PassphraseSlot {
  const cipher = cipherById(body[1] ?? 0);
  const { s2k, bytes } = parseS2k(body, 2);
  const encrypted = body.subarray(2 + bytes);
  return { version: 4, unsupported: false, cipher, s2k, aead: 0, iv: none, encrypted };
}

/** Version 6 has two counts that version 5 has not: after the version, and before the S2K. */
function version56(body: Buffer, version: number, at: number): PassphraseSlot {
  const cipher = cipherById(body[at] ?? 0);
  const aead = aeadById(body[at + 1] ?? 0);
  const s2kAt = at + version - 3;
  const { s2k, bytes } = parseS2k(body, s2kAt);
  const ivAt = s2kAt + bytes;
  const iv = body.subarray(ivAt, ivAt + aead.nonceBytes);
  const encrypted = body.subarray(ivAt + aead.nonceBytes);
  return { version, unsupported: false, cipher, s2k, aead: aead.id, iv, encrypted };
}

/**
 * The session key that the derived key (of `cipher.keyBytes`) opens, in memory of its own; undefined when it is seen
 * to be wrong. For SEIPD version 2 the algorithm is not in the slot: `bulkCipher` says it.
 */
export async function openPassphraseSlot(
  slot: PassphraseSlot,
  derived: Buffer,
  bulkCipher: Cipher | undefined,
): Promise<SessionKey | undefined> {
  const { cipher } = slot;
  if (!cipher) return undefined;
  if (slot.version >= 5) {
    const info = Buffer.of(0xc3, slot.version, cipher.id, slot.aead);
    const kek =
      slot.version === 6
        ? Buffer.from(hkdfSync('sha256', derived, none, info, cipher.keyBytes))
        : derived;
    const wrapping = { cipher, mode: aeadById(slot.aead), key: kek };
    const key = openAead(wrapping, slot.iv, info, slot.encrypted);
    return key && checked(bulkCipher ?? cipher, key);
  }
  if (slot.encrypted.length === 0) return checked(bulkCipher ?? cipher, Buffer.from(derived));
  const zero = Buffer.alloc(cipher.blockBytes);
  const wrapping = { algorithm: cipher.name, key: derived };
  const opened = await decryptCfbBytes(slot.encrypted, wrapping, zero);
  try {
    return checked(bulkCipher ?? cipherById(opened[0] ?? 0), opened.subarray(1));
  } catch {
    return undefined;
  }
}

function checked(cipher: Cipher, key: Buffer): SessionKey | undefined {
  return key.length === cipher.keyBytes ? { algorithm: cipher.name, key } : undefined;
}
