/**
 * CFB decryption in bulk. OpenSSL decrypts CFB one block after the other (some 430 MB/s here), though
 * nothing demands it: the key stream is the encryption of the ciphertext blocks themselves, which ECB
 * does many at a time. ECB and an XOR in JavaScript gave 1,000 MB/s.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Cipher as CipherStream } from 'node:crypto';
import { Readable } from 'node:stream';

import { cipherByName } from './algorithms.js';
import { UnsupportedError } from './message-error.js';
import { decryptWithOldCipher } from './old-cipher.js';
import type { CipherName, SessionKey } from './algorithms.js';

/** Decrypts a CFB stream chunk by chunk. */
export interface CfbDecryptor {
  /** The plaintext so far; up to a block less than was handed in stays inside until more comes. */
  update(chunk: Buffer): Buffer;
  /** The rest. */
  final(): Buffer;
}

/** The cipher's OpenSSL name with a mode; an UnsupportedError when OpenSSL does not have it. */
export function nodeCipher(name: CipherName, mode: string): string {
  const { node } = cipherByName(name);
  if (node === undefined) {
    throw new UnsupportedError(`OpenSSL has no cipher "${name}"`);
  }
  return `${node}-${mode}`;
}

/** Decrypts a CFB stream with any cipher; its first block follows the ciphertext block `iv`. */
export async function* decryptCfb(
  source: AsyncIterable<Buffer>,
  sessionKey: SessionKey,
  iv: Buffer,
): AsyncGenerator<Buffer, void, void> {
  if (cipherByName(sessionKey.algorithm).old) {
    const cipher = nodeCipher(sessionKey.algorithm, 'cfb');
    return yield* decryptWithOldCipher(source, cipher, sessionKey.key, iv);
  }
  const decryptor = cfbDecryptor(sessionKey, iv);
  for await (const piece of source) {
    const plain = decryptor.update(piece);
    if (plain.length > 0) yield plain;
  }
  const rest = decryptor.final();
  if (rest.length > 0) yield rest;
}

/** The same for a few bytes at once. */
export async function decryptCfbBytes(
  bytes: Buffer,
  sessionKey: SessionKey,
  iv: Buffer,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  const source = Readable.from([bytes]);
  for await (const piece of decryptCfb(source, sessionKey, iv)) parts.push(piece);
  return Buffer.concat(parts);
}

/**
 * A decryptor (not for old ciphers) whose first block follows the ciphertext block `iv`.
 * `key` and `iv` must have the cipher's lengths.
 */
export function cfbDecryptor({ algorithm, key }: SessionKey, iv: Buffer): CfbDecryptor {
  if (algorithm.startsWith('aes')) return new ParallelCfb(nodeCipher(algorithm, 'ecb'), key, iv);
  return createDecipheriv(nodeCipher(algorithm, 'cfb'), key, iv);
}

/**
 * Decrypts a part of a CFB stream at once (not with an old cipher): what follows the ciphertext block that `body` begins
 * with. What comes back is memory of its own.
 */
export function decryptCfbAtOnce(body: Buffer, { algorithm, key }: SessionKey): Buffer {
  const length = body.length - block;
  if (!algorithm.startsWith('aes')) {
    const cipher = nodeCipher(algorithm, 'cfb');
    return createDecipheriv(cipher, key, body.subarray(0, block)).update(body.subarray(block));
  }
  const whole = Math.ceil(length / block) * block;
  if (whole === 0) return Buffer.alloc(0);
  const ecb = createCipheriv(nodeCipher(algorithm, 'ecb'), key, null).setAutoPadding(false);
  const plain = ecb.update(body.subarray(0, whole));
  if (aligned.length < whole) aligned = Buffer.alloc(whole);
  body.copy(aligned, 0, block);
  xorWords(plain, aligned.subarray(0, whole));
  return plain.subarray(0, length);
}

const block = 16;
/** For the words of the XOR of `decryptCfbAtOnce`: nothing in it is used later. */
let aligned = Buffer.alloc(0);

class ParallelCfb implements CfbDecryptor {
  readonly #ecb: CipherStream;
  /** The last whole ciphertext block and what came of the next one. */
  #carry: Buffer;
  /** Memory of its own, so that the words of the XOR are aligned. */
  #scratch = Buffer.alloc(0);

  constructor(cipher: string, key: Buffer, iv: Buffer) {
    this.#ecb = createCipheriv(cipher, key, null).setAutoPadding(false);
    this.#carry = Buffer.from(iv);
  }

  update(chunk: Buffer): Buffer {
    const length = this.#carry.length + chunk.length;
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(length);
    const input = this.#scratch.subarray(0, length);
    this.#carry.copy(input);
    chunk.copy(input, this.#carry.length);
    const whole = input.length - block - (input.length % block);
    const plain = this.#ecb.update(input.subarray(0, whole));
    xorWords(plain, input.subarray(block, block + whole));
    this.#carry = Buffer.from(input.subarray(whole));
    return plain;
  }

  final(): Buffer {
    const rest = this.#carry.subarray(block);
    if (rest.length === 0) return Buffer.alloc(0);
    const stream = this.#ecb.update(this.#carry.subarray(0, block));
    return Buffer.from(rest.map((byte, i) => byte ^ (stream[i] ?? 0)));
  }
}

/** target ^= other; the length is a multiple of four. */
function xorWords(target: Buffer, other: Buffer): void {
  if (target.byteOffset % 4 !== 0) {
    for (let i = 0; i < target.length; i += 1) target[i] = (target[i] ?? 0) ^ (other[i] ?? 0);
    return;
  }
  const words = target.length / 4;
  const into = new Int32Array(target.buffer, target.byteOffset, words);
  const from = new Int32Array(other.buffer, other.byteOffset, words);
  for (let i = 0; i < words; i += 1) into[i] = (into[i] ?? 0) ^ (from[i] ?? 0);
}
