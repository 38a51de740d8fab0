/** String-to-key specifiers (RFC 9580 section 3.7): how a passphrase becomes a key. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { hashById } from './algorithms.js';
import { MessageError } from './message-error.js';

export interface S2k {
  /** The node:crypto name. */
  readonly hash: string;
  /** Empty for a simple S2K. */
  readonly salt: Buffer;
  /** How many bytes of salt and passphrase, repeated, are hashed; 0 for once. */
  readonly count: number;
}

/** The specifier at `at` and how many bytes it takes. */
export function parseS2k(body: Buffer, at: number): { readonly s2k: S2k; readonly bytes: number } {
  const type = body[at];
  const bytes = type === 0 ? 2 : type === 1 ? 10 : type === 3 ? 11 : 0;
  if (bytes === 0 || body.length < at + bytes) {
    throw new MessageError('it derives its key in an unknown way');
  }
  const hash = hashById(body[at + 1] ?? 0);
  const salt = body.subarray(at + 2, type === 0 ? at + 2 : at + 10);
  const count = type === 3 ? decodeCount(body[at + 10] ?? 0) : 0;
  return { s2k: { hash, salt, count }, bytes };
}

/** The count that an octet stands for: up to 65,011,712 (section 3.7.1.3). */
export function decodeCount(octet: number): number {
  return (16 + (octet & 15)) << ((octet >> 4) + 6);
}

/** The bytes that are hashed to derive a key, about: what it costs. */
export function hashedBytes({ count }: S2k): number {
  return Math.max(count, 1024);
}

/** What is hashed at once, again and again; a reader of many sets derives a key for each at the same time. */
const pieceBytes = 64 * 1024;
/** Hashing that takes some 2 ms; then the event loop runs. */
const turnBytes = 2 * 1024 * 1024;

/**
 * Derives a key of `keyBytes` from a passphrase. Takes some 0.1 s for the highest count. The caller wipes the key;
 * all that it was made in is wiped here.
 */
export async function deriveKey(
  { hash, salt, count }: S2k,
  passphrase: Uint8Array,
  keyBytes: number,
): Promise<Buffer> {
  const once = Buffer.concat([salt, passphrase]);
  const total = Math.max(count, once.length);
  const repeats = Math.ceil(Math.min(pieceBytes, total) / Math.max(once.length, 1));
  const piece = Buffer.alloc(once.length * repeats, once);
  const parts: Buffer[] = [];
  for (let length = 0, zeros = 0; length < keyBytes; zeros += 1) {
    const context = createHash(hash).update(Buffer.alloc(zeros));
    for (let left = total, turn = 0; left > 0; left -= piece.length) {
      context.update(left < piece.length ? piece.subarray(0, left) : piece);
      turn += piece.length;
      if (turn < turnBytes) continue;
      turn = 0;
      await setImmediate();
    }
    const digest = context.digest();
    parts.push(digest);
    length += digest.length;
  }
  const all = Buffer.concat(parts);
  const key = Buffer.alloc(keyBytes, all.subarray(0, keyBytes));
  for (const secret of [once, piece, all, ...parts]) secret.fill(0);
  return key;
}
