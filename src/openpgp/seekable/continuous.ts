/**
 * Messages of other programs as random-access plaintext: from the outside in
 *
 *     encrypted packet (SEIPD version 1) in parts of one length; its body: version octet, then the CFB stream of
 *       16 random octets and the last two of them again
 *       the content: a deflate stream in a compressed packet, or the literal packet itself
 *       the MDC packet
 *
 * where the content is inflated from a place that is known (SeekPoint in src/deflate), and the literal packet comes in
 * parts of one length as well. So GnuPG writes what it reads from a pipe.
 */
import type { SessionKey } from '../packets/algorithms.js';
import { decryptCfbAtOnce } from '../packets/cfb.js';
import { mdcBytes } from '../packets/seipd1.js';
import { bodyOf, bodyOffsetOf, cfbBlock, fileOffsetOf } from './layout.js';
import type { PacketLayout } from './layout.js';

/** Where things lie in a message. */
export interface ContinuousMessage {
  /** The encrypted packet, in the file. */
  readonly encrypted: PacketLayout;
  /** Where the content begins in what is encrypted, after the random octets. */
  readonly contentOffset: number;
}

/** A part of the content in the file. */
export interface ContentRange {
  /** The range of the file that must be read. */
  readonly fileOffset: number;
  readonly fileLength: number;
  /** How many decrypted octets of it come before the part: 0 to 15. */
  readonly skip: number;
  /** Where the file ends. */
  readonly fileEnd: number;
}

/** The version octet, and the random octets with their repetition. */
const contentStart = 1 + cfbBlock + 2;

/** The octets `from` up to `to` of the content (to its end when undefined). */
export function contentRange(
  { encrypted, contentOffset }: ContinuousMessage,
  from: number,
  to: number | undefined,
): ContentRange {
  const start = contentStart + contentOffset + from;
  const end = to === undefined ? encrypted.bodyBytes - mdcBytes : contentStart + contentOffset + to;
  const boundary = 1 + Math.floor((start - 1) / cfbBlock) * cfbBlock;
  const fileOffset = fileOffsetOf(encrypted, boundary - cfbBlock);
  return {
    fileOffset,
    fileLength: fileOffsetOf(encrypted, end) - fileOffset,
    skip: start - boundary,
    fileEnd: fileOffsetOf(encrypted, encrypted.bodyBytes),
  };
}

/** The octets of the content from the range of the file that `contentRange` names. */
export function decryptContent(
  { encrypted }: ContinuousMessage,
  sessionKey: SessionKey,
  { fileOffset, skip }: Pick<ContentRange, 'fileOffset' | 'skip'>,
  range: Buffer,
): Buffer {
  const body = bodyOf(encrypted, range, fileOffset);
  return decryptCfbAtOnce(body, sessionKey).subarray(skip);
}

/** Where in the literal data a place of what holds its packet lies; 0 for what comes before the data. */
export function plaintextOffsetOf(
  literal: PacketLayout,
  headerBytes: number,
  offset: number,
): number {
  if (offset <= literal.dataOffset) return 0;
  return Math.max(0, bodyOffsetOf(literal, offset) - headerBytes);
}

/** What plaintextOffsetOf turns back: 0 for the start of the data, so that all headers come with the first octets. */
export function contentOffsetOf(literal: PacketLayout, headerBytes: number, at: number): number {
  return at === 0 ? 0 : fileOffsetOf(literal, at + headerBytes);
}

/** The literal data in octets of what holds its packet, which begin at its octet `offset`. */
export function literalDataIn(
  literal: PacketLayout,
  headerBytes: number,
  octets: Buffer,
  offset: number,
): Buffer {
  const first = literal.dataOffset + 1; // after the packet's type
  const [from, bytes] =
    offset < first ? [first, octets.subarray(first - offset)] : [offset, octets];
  const body = bodyOf(literal, bytes, from);
  const skipped = Math.max(0, headerBytes - bodyOffsetOf(literal, from));
  return body.subarray(skipped);
}
