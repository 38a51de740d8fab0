import type { PacketLayout } from '../seekable/layout.js';
import type { ByteReader } from './byte-reader.js';
import { MessageError } from './message-error.js';
import {
  encodeDefiniteLength,
  maxHeaderBytes,
  parseNewLength,
  parsePacketHeader,
} from './packet-header.js';
import type { BodyLength, PacketHeader } from './packet-header.js';

export interface Packet {
  readonly tag: number;
  /** Where it begins in the stream. */
  readonly offset: number;
  /** How its body is cut into parts: known once it was read. */
  readonly parts: PacketParts;
  /** The body, its parts joined; it must be read to its end before the next packet is asked for. */
  readonly body: AsyncGenerator<Buffer, void, void>;
}

/** The next packet of a stream; undefined at its end. A MessageError for anything else. */
export async function nextPacket(reader: ByteReader): Promise<Packet | undefined> {
  const start = await reader.peek(maxHeaderBytes);
  if (start.length === 0) return undefined;
  const header = parsePacketHeader(start);
  if (!header) throw new MessageError('it ends too early');
  const offset = reader.position;
  reader.skip(header.headerBytes);
  const parts = new PacketParts(header);
  return { tag: header.tag, offset, parts, body: packetBody(reader, header.length, parts) };
}

/** Longer than any body that comes in one part. */
const wholePart = 2 ** 40;

/**
 * The lengths of the parts that a body comes in (RFC 9580 section 4.2.1.4). Those of a stream have one length, but for
 * the end of it: GnuPG cuts what is left into ever shorter parts, powers of two, before the last.
 */
export class PacketParts {
  /** Whether the body goes to the end of the stream. */
  readonly isEndless: boolean;
  #partBytes = 0;
  #tailPartBytes = 0;
  #lastBytes = 0;
  #bodyBytes = 0;
  #isRegular: boolean;
  #isEnded = false;

  constructor({ length, headerBytes }: PacketHeader) {
    this.isEndless = length.kind === 'indeterminate';
    this.#isRegular = !this.isEndless;
    if (length.kind === 'definite') {
      this.#isRegular = headerBytes === 1 + encodeDefiniteLength(length.bytes).length;
    }
    if (length.kind !== 'indeterminate') this.add(length);
  }

  /** Notes the length of the next part. */
  add({ kind, bytes }: Exclude<BodyLength, { kind: 'indeterminate' }>): void {
    const isFirst = this.#lastBytes === 0;
    const isInTail = this.#tailPartBytes > 0;
    if (kind === 'definite') {
      this.#isEnded = true;
      this.#isRegular &&= isFirst || bytes < this.#lastBytes;
    } else if (isFirst) {
      this.#partBytes = bytes;
    } else if (isInTail || bytes !== this.#partBytes) {
      this.#isRegular &&= bytes < this.#lastBytes;
      this.#tailPartBytes += bytes;
    }
    this.#lastBytes = bytes;
    this.#bodyBytes += bytes;
  }

  /** The length of the parts so far. */
  get partBytes(): number {
    return this.#partBytes === 0 ? wholePart : this.#partBytes;
  }

  /** How the body is cut; undefined for a packet of the old form, and where it is cut in another way. */
  get regular(): Omit<PacketLayout, 'dataOffset'> | undefined {
    if (!this.#isRegular || !this.#isEnded) return undefined;
    const { partBytes } = this;
    return { partBytes, tailPartBytes: this.#tailPartBytes, bodyBytes: this.#bodyBytes };
  }
}

/** The body of a small packet as a whole; a MessageError when it has more than `maxBytes`. */
export async function wholeBody(packet: Packet, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const piece of packet.body) {
    length += piece.length;
    if (length > maxBytes) throw new MessageError(`a packet of type ${packet.tag} is too large`);
    parts.push(piece);
  }
  return Buffer.concat(parts, length);
}

async function* packetBody(
  reader: ByteReader,
  first: BodyLength,
  parts: PacketParts,
): AsyncGenerator<Buffer, void, void> {
  if (first.kind === 'indeterminate') {
    for (let piece = await reader.some(); piece; piece = await reader.some()) yield piece;
    return;
  }
  let left = first.bytes;
  let last = first.kind === 'definite';
  // A part of GnuPG has 8 KiB: what is at hand of several parts is handed on as one piece.
  let pieces: Buffer[] = [];
  for (;;) {
    while (left > 0 && reader.atHand.length > 0) {
      const piece = reader.available(left);
      pieces.push(piece);
      left -= piece.length;
    }
    if (left === 0 && last) break;
    const length = left === 0 ? parseNewLength(reader.atHand, 0) : undefined;
    if (length) {
      reader.skip(length.lengthBytes);
      if (length.length.kind === 'indeterminate') throw new MessageError('a length is not valid');
      parts.add(length.length);
      left = length.length.bytes;
      last = length.length.kind === 'definite';
      continue;
    }
    if (pieces.length > 0) {
      yield joined(pieces);
      pieces = [];
    }
    if (left > 0) {
      const piece = await reader.some(left);
      if (!piece) throw new MessageError('it ends too early');
      pieces.push(piece);
      left -= piece.length;
    } else if (parseNewLength(await reader.peek(maxHeaderBytes), 0) === undefined) {
      throw new MessageError('it ends too early');
    }
  }
  if (pieces.length > 0) yield joined(pieces);
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return only && pieces.length === 1 ? only : Buffer.concat(pieces);
}
