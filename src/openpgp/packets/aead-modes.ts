/** The AEAD modes of RFC 9580 section 9.6 that node:crypto has: OCB and GCM. */
import { createDecipheriv } from 'node:crypto';
import type { DecipherGCM } from 'node:crypto';

import type { Cipher } from './algorithms.js';
import { nodeCipher } from './cfb.js';
import { MessageError, UnsupportedError } from './message-error.js';

export const tagBytes = 16;

export interface AeadMode {
  readonly id: number;
  readonly node: 'ocb' | 'gcm';
  readonly nonceBytes: number;
}

const modes: readonly AeadMode[] = [
  { id: 2, node: 'ocb', nonceBytes: 15 },
  { id: 3, node: 'gcm', nonceBytes: 12 },
];

/** The mode with this number; an UnsupportedError when it is not supported. */
export function aeadById(id: number): AeadMode {
  const mode = modes.find((one) => one.id === id);
  if (!mode)
    throw new UnsupportedError(
      `it uses the unsupported AEAD mode ${id}${id === 1 ? ' (EAX)' : ''}`,
    );
  return mode;
}

/** A key and what it is used with. */
export interface AeadKey {
  readonly cipher: Cipher;
  readonly mode: AeadMode;
  readonly key: Buffer;
}

/** A decipher for one chunk; the tag must be set before `final`, which throws when it does not fit. */
export function aeadDecipher(
  { cipher, mode, key }: AeadKey,
  nonce: Buffer,
  associated: Buffer,
): DecipherGCM {
  if (cipher.blockBytes !== 16) throw new MessageError('its cipher does not go with AEAD');
  // OCB has the same interface as GCM in node:crypto.
  const name = nodeCipher(cipher.name, mode.node) as 'aes-256-gcm';
  return createDecipheriv(name, key, nonce, { authTagLength: tagBytes }).setAAD(associated);
}

/** Decrypts one small message whose tag is at its end; undefined when the tag does not fit. */
export function openAead(
  key: AeadKey,
  nonce: Buffer,
  associated: Buffer,
  data: Buffer,
): Buffer | undefined {
  if (data.length < tagBytes) return undefined;
  const decipher = aeadDecipher(key, nonce, associated);
  decipher.setAuthTag(data.subarray(data.length - tagBytes));
  const plain = decipher.update(data.subarray(0, data.length - tagBytes));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}
