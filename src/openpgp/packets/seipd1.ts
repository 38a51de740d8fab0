/**
 * Encrypted data in CFB: SEIPD version 1 with its MDC (RFC 9580 section 5.13.1) and the old packet
 * without one (section 5.7). What is yielded is not verified before the generator has ended.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

import type { IntegrityProblem } from '../events.js';
import { cipherByName } from './algorithms.js';
import type { SessionKey } from './algorithms.js';
import { ByteReader } from './byte-reader.js';
import { decryptCfb } from './cfb.js';
import { MessageError } from './message-error.js';

const nothing = Buffer.alloc(0);
/** The MDC packet: two octets of header and a SHA-1. */
const mdcHeader = Buffer.of(0xd3, 0x14);
export const mdcBytes = 22;

export interface MdcResult {
  /** What the caller was told to ignore, for a warning. */
  problem?: IntegrityProblem;
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
  const reader = new ByteReader(body);
  await reader.take(1);
  const digest = createHash('sha1');
  let prefixLeft = blockBytes + 2;
  /** Decrypted and not yet handed on: it may be the MDC. */
  let held: Buffer = nothing;
  for await (const plain of decryptCfb(reader.pieces(), sessionKey, Buffer.alloc(blockBytes))) {
    const all = held.length === 0 ? plain : Buffer.concat([held, plain]);
    const ready = all.subarray(0, Math.max(0, all.length - mdcBytes));
    held = all.subarray(ready.length);
    digest.update(ready);
    const skipped = Math.min(prefixLeft, ready.length);
    prefixLeft -= skipped;
    if (ready.length > skipped) yield ready.subarray(skipped);
  }
  const problem = mdcProblem(held, digest.update(mdcHeader).digest(), prefixLeft > 0);
  if (problem === undefined) return;
  if (!ignoreMdc) throw new MessageError(problemTexts[problem]);
  result.problem = problem;
}

const problemTexts = {
  'ends-early': 'it ends too early',
  missing: 'its integrity code (MDC) is missing or cut off',
  mismatch: 'its integrity code (MDC) does not fit',
} as const;

function mdcProblem(
  held: Buffer,
  digest: Buffer,
  short: boolean,
): keyof typeof problemTexts | undefined {
  if (short || held.length < mdcBytes) return 'ends-early';
  if (!held.subarray(0, 2).equals(mdcHeader)) return 'missing';
  if (!timingSafeEqual(held.subarray(2), digest)) return 'mismatch';
  return undefined;
}

/** Decrypts the body of a packet without integrity protection; the caller has agreed to that. */
export async function* decryptUnprotected(
  body: AsyncIterable<Buffer>,
  sessionKey: SessionKey,
): AsyncGenerator<Buffer, void, void> {
  const { blockBytes } = cipherByName(sessionKey.algorithm);
  const reader = new ByteReader(body);
  // The stream is resynchronised after the prefix (section 12.9, step 8).
  const prefix = await reader.take(blockBytes + 2);
  yield* decryptCfb(reader.pieces(), sessionKey, prefix.subarray(2));
}
