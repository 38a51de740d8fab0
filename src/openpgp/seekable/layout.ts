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

/** Where things lie in the file of a seekable message. */
export interface SeekableLayout {
  /** Where the SEIPD packet begins. */
  readonly dataOffset: number;
  readonly partBytes: number;
  readonly bodyBytes: number;
  readonly compression: 'zip' | 'none';
}

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
export function fileOffsetOf(layout: SeekableLayout, at: number): number {
  const { dataOffset, partBytes, bodyBytes } = layout;
  const parts = Math.floor(bodyBytes / partBytes);
  const part = Math.floor(at / partBytes);
  return part < parts
    ? dataOffset + 1 + (part + 1) + at
    : dataOffset + 1 + parts + lastLengthBytes(layout) + at;
}

/** The octets of the body that a range of the file holds: the range without the lengths in it. */
export function bodyOf(layout: SeekableLayout, range: Buffer, fileOffset: number): Buffer {
  const { dataOffset, partBytes, bodyBytes } = layout;
  const parts = Math.floor(bodyBytes / partBytes);
  const from = fileOffset - dataOffset - 1;
  const pieces: Buffer[] = [];
  for (let at = 0; at < range.length;) {
    const part = Math.min(Math.floor((from + at) / (partBytes + 1)), parts);
    const partStart = part * (partBytes + 1);
    const lengthBytes = part < parts ? 1 : lastLengthBytes(layout);
    const start = Math.max(at, partStart + lengthBytes - from);
    const end = part < parts ? partStart + partBytes + 1 - from : range.length;
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
function bodyOffsetOf(layout: SeekableLayout, fileOffset: number): number {
  const { dataOffset, partBytes, bodyBytes } = layout;
  const parts = Math.floor(bodyBytes / partBytes);
  const from = fileOffset - dataOffset - 1;
  const part = Math.min(Math.floor(from / (partBytes + 1)), parts);
  const lengthBytes = part < parts ? 1 : lastLengthBytes(layout);
  return part * partBytes + Math.max(0, from - part * (partBytes + 1) - lengthBytes);
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

function lastLengthBytes({ partBytes, bodyBytes }: SeekableLayout): number {
  return encodeDefiniteLength(bodyBytes % partBytes).length;
}
