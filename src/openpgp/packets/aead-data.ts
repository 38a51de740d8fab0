/**
 * Encrypted data in AEAD chunks: SEIPD version 2 (RFC 9580 section 5.13.2) and GnuPG's own packet 20,
 * which gpg 2.4 writes. What is yielded is not verified before the generator has ended.
 */
import { hkdfSync } from 'node:crypto';
import type { DecipherGCM } from 'node:crypto';

import { aeadById, aeadDecipher, tagBytes } from './aead-modes.js';
import type { AeadMode } from './aead-modes.js';
import { cipherById } from './algorithms.js';
import type { Cipher, SessionKey } from './algorithms.js';
import { ByteReader } from './byte-reader.js';
import { MessageError } from './message-error.js';

const saltBytes = 32;
/** RFC 9580 allows 16 (4 MiB); GnuPG's packet 56. */
const maxChunkOctet = 46;

/** What is needed to decrypt each of the chunks. */
export interface AeadPlan {
  readonly cipher: Cipher;
  readonly mode: AeadMode;
  readonly key: Buffer;
  readonly chunkBytes: number;
  /** How many bytes of the body come before the first chunk. */
  readonly headBytes: number;
  readonly nonce: (index: number) => Buffer;
  readonly associated: (index: number) => Buffer;
  /** What the last, empty chunk is bound to: the number of plaintext bytes. */
  readonly associatedAtEnd: (index: number, plaintextBytes: number) => Buffer;
}

/** The most bytes of a body that `aeadPlan` looks at. */
export const aeadHeadBytes = 4 + saltBytes;

/** The cipher that the body of a SEIPD version 2 packet names: the session key is for it. */
export function seipd2Cipher(body: Buffer): Cipher {
  return cipherById(body[1] ?? 0);
}

/** Reads the head of the body of packet `kind`; a MessageError when it does not go with the key. */
export function aeadPlan(
  kind: 'seipd2' | 'gnupg-aead',
  head: Buffer,
  sessionKey: SessionKey,
): AeadPlan {
  const cipher = cipherById(head[1] ?? 0);
  const mode = aeadById(head[2] ?? 0);
  const octet = head[3] ?? 0;
  const headBytes = 4 + (kind === 'seipd2' ? saltBytes : mode.nonceBytes);
  if (octet > maxChunkOctet) throw new MessageError(`its chunk size octet ${octet} is too large`);
  if (head.length < headBytes) throw new MessageError('it ends too early');
  if (sessionKey.key.length !== cipher.keyBytes) {
    throw new MessageError('its session key does not go with its cipher');
  }
  const tag = kind === 'seipd2' ? 0xd2 : 0xd4;
  const info = Buffer.concat([Buffer.of(tag), head.subarray(0, 4)]);
  const common = { cipher, mode, chunkBytes: 2 ** (octet + 6), headBytes };
  const rest = head.subarray(4, headBytes);
  if (kind === 'gnupg-aead') {
    return {
      ...common,
      key: sessionKey.key,
      nonce: (index) => xorTail(rest, index),
      associated: (index) => Buffer.concat([info, uint64(index)]),
      associatedAtEnd: (index, bytes) => Buffer.concat([info, uint64(index), uint64(bytes)]),
    };
  }
  const bytes = cipher.keyBytes + mode.nonceBytes - 8;
  const derived = Buffer.from(hkdfSync('sha256', sessionKey.key, rest, info, bytes));
  const iv = derived.subarray(cipher.keyBytes);
  return {
    ...common,
    key: derived.subarray(0, cipher.keyBytes),
    nonce: (index) => Buffer.concat([iv, uint64(index)]),
    associated: () => info,
    associatedAtEnd: (_, plaintextBytes) => Buffer.concat([info, uint64(plaintextBytes)]),
  };
}

/** Decrypts the body into the packets inside. A MessageError at the first chunk that does not fit. */
export async function* decryptAead(
  kind: 'seipd2' | 'gnupg-aead',
  body: AsyncIterable<Buffer>,
  sessionKey: SessionKey,
): AsyncGenerator<Buffer, void, void> {
  const reader = new ByteReader(body);
  const plan = aeadPlan(kind, await reader.peek(aeadHeadBytes), sessionKey);
  reader.skip(plan.headBytes);
  let index = 0;
  let total = 0;
  // A chunk is followed by its tag, and the last by one more.
  while ((await reader.peek(tagBytes + 1)).length > tagBytes) {
    const decipher = chunkDecipher(plan, index);
    let left = plan.chunkBytes;
    while (left > 0) {
      const ahead = await reader.peek(2 * tagBytes + 1);
      if (ahead.length <= 2 * tagBytes) break;
      const piece = reader.available(Math.min(left, reader.atHand.length - 2 * tagBytes));
      left -= piece.length;
      total += piece.length;
      const plain = decipher.update(piece);
      if (plain.length > 0) yield plain;
    }
    const rest = finish(decipher, await reader.take(tagBytes));
    if (rest.length > 0) yield rest;
    index += 1;
  }
  const associated = plan.associatedAtEnd(index, total);
  finish(aeadDecipher(plan, plan.nonce(index), associated), await reader.take(tagBytes));
}

function chunkDecipher(plan: AeadPlan, index: number): DecipherGCM {
  return aeadDecipher(plan, plan.nonce(index), plan.associated(index));
}

function finish(decipher: DecipherGCM, tag: Buffer): Buffer {
  try {
    return decipher.setAuthTag(tag).final();
  } catch {
    throw new MessageError('its integrity code (AEAD) does not fit');
  }
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** The nonce with a chunk's index over its last octets (GnuPG's packet 20). */
function xorTail(nonce: Buffer, index: number): Buffer {
  const result = Buffer.from(nonce);
  const tail = result.length - 8;
  result.writeBigUInt64BE(result.readBigUInt64BE(tail) ^ BigInt(index), tail);
  return result;
}
