/** Packet framing (RFC 9580 section 4.2): pure functions on bytes. */
import { MessageError } from './message-error.js';

export const tags = {
  pkesk: 1,
  signature: 2,
  skesk: 3,
  onePassSignature: 4,
  compressed: 8,
  /** Encrypted without integrity protection. */
  sed: 9,
  marker: 10,
  literal: 11,
  /** Encrypted with integrity protection: version 1 is CFB with an MDC, version 2 AEAD. */
  seipd: 18,
  mdc: 19,
  /** GnuPG's own AEAD packet (OCB), before RFC 9580. */
  gnupgAead: 20,
  padding: 21,
} as const;

/** The length of a packet's body or, for `partial`, of its first part. */
export type BodyLength =
  | { readonly kind: 'definite'; readonly bytes: number }
  | { readonly kind: 'partial'; readonly bytes: number }
  | { readonly kind: 'indeterminate' };

export interface PacketHeader {
  readonly tag: number;
  readonly length: BodyLength;
  /** How many bytes the header takes: type octet and length. */
  readonly headerBytes: number;
}

/** The most bytes that a packet header takes. */
export const maxHeaderBytes = 6;

/**
 * The packet header at `at`; undefined when more bytes are needed.
 * A MessageError when there is no packet.
 */
export function parsePacketHeader(bytes: Uint8Array, at = 0): PacketHeader | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if ((first & 0x80) === 0) throw new MessageError('there is no OpenPGP packet where one must be');
  if ((first & 0x40) !== 0) {
    const length = parseNewLength(bytes, at + 1);
    if (!length) return undefined;
    return { tag: first & 0x3f, length: length.length, headerBytes: 1 + length.lengthBytes };
  }
  const tag = (first >> 2) & 0x0f;
  const lengthType = first & 3;
  if (lengthType === 3) return { tag, length: { kind: 'indeterminate' }, headerBytes: 1 };
  const lengthBytes = 1 << lengthType;
  if (bytes.length < at + 1 + lengthBytes) return undefined;
  const length = { kind: 'definite', bytes: bigEndian(bytes, at + 1, lengthBytes) } as const;
  return { tag, length, headerBytes: 1 + lengthBytes };
}

/** A length in the new format (RFC 9580 section 4.2.1), also that of a partial body's next part. */
export function parseNewLength(
  bytes: Uint8Array,
  at: number,
): { readonly length: BodyLength; readonly lengthBytes: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first >= 224 && first < 255) {
    return { length: { kind: 'partial', bytes: 2 ** (first & 0x1f) }, lengthBytes: 1 };
  }
  const lengthBytes = first < 192 ? 1 : first < 224 ? 2 : 5;
  if (bytes.length < at + lengthBytes) return undefined;
  const value =
    lengthBytes === 1
      ? first
      : lengthBytes === 2
        ? ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192
        : bigEndian(bytes, at + 1, 4);
  return { length: { kind: 'definite', bytes: value }, lengthBytes };
}

/**
 * As much of a packet's body as `bytes` (from the packet's first byte) holds, parts joined.
 * For looking at a start: the end of the body is not looked for.
 */
export function bodyPrefix(bytes: Uint8Array, header: PacketHeader): Buffer {
  const parts: Uint8Array[] = [];
  let at = header.headerBytes;
  let length: BodyLength = header.length;
  for (;;) {
    const end = length.kind === 'indeterminate' ? bytes.length : at + length.bytes;
    parts.push(bytes.subarray(at, end));
    if (length.kind !== 'partial' || end >= bytes.length) return Buffer.concat(parts);
    const next = parseNewLength(bytes, end);
    if (!next) return Buffer.concat(parts);
    at = end + next.lengthBytes;
    length = next.length;
  }
}

/** A packet with a definite length in the new format: header and body. */
export function encodePacket(tag: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xc0 | tag), encodeDefiniteLength(body.length), body]);
}

/** A definite length in the new format. */
export function encodeDefiniteLength(bytes: number): Buffer {
  if (bytes < 192) return Buffer.of(bytes);
  if (bytes < 8384) return Buffer.of(((bytes - 192) >> 8) + 192, (bytes - 192) & 0xff);
  const length = Buffer.alloc(5, 0xff);
  length.writeUInt32BE(bytes, 1);
  return length;
}

function bigEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i += 1) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
