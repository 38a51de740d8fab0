/**
 * Seekable messages: plain OpenPGP to everyone else, and to us a random-access plaintext (docs/design.md,
 * "Volumes we write are seekable"). From the outside in:
 *
 *     session key packets
 *     SEIPD version 1 packet, AES-256: a body of `bodyBytes` in parts of `partBytes` (a power of two), each
 *       behind a length of one octet, and at last what is left over (it may be nothing) behind a definite one
 *       body: version octet, then the CFB stream of
 *         16 random octets and the last two of them again
 *         with compression: a3 01, a ZIP packet of indeterminate length; then the blocks, each deflated by
 *           itself and ended by a full flush, the last by the end of the stream. Without: the blocks
 *         the MDC packet
 *
 * The blocks, inflated and put together, are
 *
 *     [one-pass signature] literal packet [signature]
 *
 * where a block begins with the length of the literal's next part and holds exactly that part: one octet f2
 * and 256 KiB, in the last block a definite length and the rest. The first block begins with the packets'
 * headers and six octets of literal header, so that it holds six octets of data less (`firstBlockBytes`);
 * signature packets follow the data in the last block.
 *
 * CFB decrypts from any 16-octet boundary of its stream, given the 16 octets before it. So a block is had from
 * one range of the file, which the table names: from 16 octets before the boundary that the block begins after.
 */
import { encodeDefiniteLength } from '../packets/packet-header.js';

export const blockPower = 18;
/** The literal data in one block. */
export const blockBytes = 2 ** blockPower;
/** Mode, name and time, which the first part of the literal packet begins with. */
export const literalHeaderBytes = 6;
export const firstBlockBytes = blockBytes - literalHeaderBytes;
export const cfbBlock = 16;
/** What a length of one octet can say (RFC 9580 section 4.2.1.4). */
const largestPart = 2 ** 30;

/** How a packet of the new form lies in what holds it. */
export interface PacketLayout {
  /** Where it begins. */
  readonly dataOffset: number;
  /** A power of two: of each part, as long as so much follows. */
  readonly partBytes: number;
  /**
   * The parts behind those, each a power of two and shorter than the one before, added up: 7168 is 4096, 2048 and 1024.
   * The rest comes behind a definite length.
   */
  readonly tailPartBytes: number;
  readonly bodyBytes: number;
}

/** Where things lie in the file of a seekable message: its SEIPD packet, which has no shorter parts. */
export interface SeekableLayout extends Omit<PacketLayout, 'tailPartBytes'> {
  readonly compression: 'zip' | 'none';
}

/** Any of them. */
type Layout = Omit<PacketLayout, 'tailPartBytes'> & { readonly tailPartBytes?: number };

/** One block of plaintext that can be decoded by itself. */
export interface SeekableBlock {
  readonly plaintextOffset: number;
  readonly plaintextLength: number;
  /** The range of the file that `decodeBlock` needs; the ranges of neighbours overlap. */
  readonly fileOffset: number;
  readonly fileLength: number;
  /** How many decrypted octets come before the block: 0 to 15. */
  readonly skip: number;
  /** The first 16 octets of the SHA-256 of the plaintext. */
  readonly digest: Buffer;
}

/** Where the octet `at` of the packet's body lies in the file. */
export function fileOffsetOf(layout: Layout, at: number): number {
  const { dataOffset, partBytes, bodyBytes } = layout;
  const parts = Math.floor(bodyBytes / partBytes);
  const part = Math.floor(at / partBytes);
  if (part < parts) return dataOffset + 1 + (part + 1) + at;
  const last = tailOf(layout).find(({ bodyEnd, isLast }) => at < bodyEnd || isLast);
  const { start = 0, lengthBytes = 0, bodyStart = 0 } = last ?? {};
  return dataOffset + 1 + start + lengthBytes + at - bodyStart;
}

/** The octets of the body that a range of the file holds: the range without the lengths in it. */
export function bodyOf(layout: Layout, range: Buffer, fileOffset: number): Buffer {
  const from = fileOffset - layout.dataOffset - 1;
  const pieces: Buffer[] = [];
  for (let at = 0; at < range.length;) {
    const part = partAt(layout, from + at);
    const start = Math.max(at, part.start + part.lengthBytes - from);
    const end = part.isLast
      ? range.length
      : part.start + part.lengthBytes + part.bodyEnd - part.bodyStart - from;
    pieces.push(range.subarray(start, end));
    at = end;
  }
  const [only] = pieces;
  return only && pieces.length === 1 ? only : Buffer.concat(pieces);
}

/**
 * The octet of the packet's body that lies at `fileOffset`, or that comes after the length there: what
 * fileOffsetOf turns back.
 */
export function bodyOffsetOf(layout: Layout, fileOffset: number): number {
  const from = fileOffset - layout.dataOffset - 1;
  const { start, lengthBytes, bodyStart } = partAt(layout, from);
  return bodyStart + Math.max(0, from - start - lengthBytes);
}

/** A part of the body with its length, counted from behind the packet's type. */
interface Part {
  readonly start: number;
  readonly lengthBytes: number;
  /** In the body. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly isLast: boolean;
}

function partAt(layout: Layout, from: number): Part {
  const { partBytes, bodyBytes } = layout;
  const part = Math.floor(from / (partBytes + 1));
  if (part < Math.floor(bodyBytes / partBytes)) {
    const bodyStart = part * partBytes;
    const bodyEnd = bodyStart + partBytes;
    return { start: part * (partBytes + 1), lengthBytes: 1, bodyStart, bodyEnd, isLast: false };
  }
  const tail = tailOf(layout);
  const found = tail.findLast(({ start }) => start <= from) ?? tail[0];
  if (found === undefined) throw new RangeError('a packet has a last part');
  return found;
}

/** The parts behind those of one length. */
function tailOf({ partBytes, tailPartBytes = 0, bodyBytes }: Layout): Part[] {
  const parts = Math.floor(bodyBytes / partBytes);
  const tail: Part[] = [];
  let start = parts * (partBytes + 1);
  let bodyStart = parts * partBytes;
  for (let bytes = largestPart; bytes >= 1; bytes /= 2) {
    if (Math.floor(tailPartBytes / bytes) % 2 === 0) continue;
    const bodyEnd = bodyStart + bytes;
    tail.push({ start, lengthBytes: 1, bodyStart, bodyEnd, isLast: false });
    start += 1 + bytes;
    bodyStart = bodyEnd;
  }
  const lengthBytes = encodeDefiniteLength(bodyBytes - bodyStart).length;
  tail.push({ start, lengthBytes, bodyStart, bodyEnd: bodyBytes, isLast: true });
  return tail;
}

/** Where the first block begins in the body: after the version, the prefix, and the compressed packet's header. */
const firstBlockOffset = { zip: 21, none: 19 };

/**
 * The blocks of one file with their `skip`, which an index does not keep: a block begins where the one before
 * it ends.
 */
export function withSkips(
  layout: SeekableLayout,
  blocks: readonly Omit<SeekableBlock, 'skip'>[],
): SeekableBlock[] {
  let bodyOffset = firstBlockOffset[layout.compression];
  return blocks.map((block) => {
    const skip = bodyOffset - cfbBlock - bodyOffsetOf(layout, block.fileOffset);
    bodyOffset = bodyOffsetOf(layout, block.fileOffset + block.fileLength);
    return { ...block, skip };
  });
}

/** The length of a whole file. */
export function fileBytesOf(layout: SeekableLayout): number {
  return fileOffsetOf(layout, layout.bodyBytes);
}
