/**
 * Encrypted data in CFB: SEIPD version 1 with its MDC (RFC 9580 section 5.13.1) and the old packet
 * without one (section 5.7). What is yielded is not verified before the generator has ended.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

import { cipherByName } from './algorithms.js';
import type { SessionKey } from './algorithms.js';
import { cfbDecryptor } from './cfb.js';
import { MessageError } from './message-error.js';

const nothing = Buffer.alloc(0);
/** The MDC packet: two octets of header and a SHA-1. */
const mdcHeader = Buffer.of(0xd3, 0x14);
export const mdcBytes = 22;

export interface MdcResult {
  /** What the caller was told to ignore, for a warning. */
  problem?: string;
}

/**
 * Decrypts the body of a SEIPD version 1 packet, its version octet included, into the packets inside,
 * without the MDC packet. Throws a MessageError at the end when the MDC does not fit, or with
 * `ignoreMdc` notes it in `result`.
 */
export async function* decryptSeipd1(
  body: AsyncIterable<Buffer>,
  sessionKey: SessionKey,
  ignoreMdc: boolean,
  result: MdcResult,
): AsyncGenerator<Buffer, void, void> {
  const { blockBytes } = cipherByName(sessionKey.algorithm);
  const decryptor = cfbDecryptor(sessionKey, Buffer.alloc(blockBytes));
  const digest = createHash('sha1');
  let version = true;
  let prefixLeft = blockBytes + 2;
  /** Decrypted and not yet handed on: it may be the MDC. */
  let held: Buffer = nothing;

  const advance = (plain: Buffer): Buffer => {
    const all = held.length === 0 ? plain : Buffer.concat([held, plain]);
    const ready = all.subarray(0, Math.max(0, all.length - mdcBytes));
    held = all.subarray(ready.length);
    digest.update(ready);
    const skipped = Math.min(prefixLeft, ready.length);
    prefixLeft -= skipped;
    return ready.subarray(skipped);
  };

  for await (const chunk of body) {
    const data = version ? chunk.subarray(1) : chunk;
    version = false;
    const ready = advance(decryptor.update(data));
    if (ready.length > 0) yield ready;
  }
  const ready = advance(decryptor.final());
  if (ready.length > 0) yield ready;
  const problem = mdcProblem(held, digest.update(mdcHeader).digest(), prefixLeft > 0);
  if (problem === undefined) return;
  if (!ignoreMdc) throw new MessageError(problem);
  result.problem = problem;
}

function mdcProblem(held: Buffer, digest: Buffer, short: boolean): string | undefined {
  if (short || held.length < mdcBytes) return 'it ends too early';
  if (!held.subarray(0, 2).equals(mdcHeader))
    return 'its integrity code (MDC) is missing or cut off';
  if (!timingSafeEqual(held.subarray(2), digest)) return 'its integrity code (MDC) does not fit';
  return undefined;
}

/** Decrypts the body of a packet without integrity protection; the caller has agreed to that. */
export async function* decryptUnprotected(
  body: AsyncIterable<Buffer>,
  sessionKey: SessionKey,
): AsyncGenerator<Buffer, void, void> {
  const { blockBytes } = cipherByName(sessionKey.algorithm);
  let decryptor: ReturnType<typeof cfbDecryptor> | undefined;
  let head: Buffer = nothing;
  for await (const chunk of body) {
    let data = chunk;
    if (!decryptor) {
      head = Buffer.concat([head, chunk]);
      if (head.length < blockBytes + 2) continue;
      // The stream is resynchronised after the prefix (section 12.9, step 8).
      decryptor = cfbDecryptor(sessionKey, head.subarray(2, blockBytes + 2));
      data = head.subarray(blockBytes + 2);
    }
    const plain = decryptor.update(data);
    if (plain.length > 0) yield plain;
  }
  if (!decryptor) throw new MessageError('it ends too early');
  const rest = decryptor.final();
  if (rest.length > 0) yield rest;
}
