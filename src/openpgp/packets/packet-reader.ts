import type { ByteReader } from './byte-reader.js';
import { MessageError } from './message-error.js';
import { maxHeaderBytes, parseNewLength, parsePacketHeader } from './packet-header.js';
import type { BodyLength } from './packet-header.js';

export interface Packet {
  readonly tag: number;
  /** The body, its parts joined; it must be read to its end before the next packet is asked for. */
  readonly body: AsyncGenerator<Buffer, void, void>;
}

/** The next packet of a stream; undefined at its end. A MessageError for anything else. */
export async function nextPacket(reader: ByteReader): Promise<Packet | undefined> {
  const start = await reader.peek(maxHeaderBytes);
  if (start.length === 0) return undefined;
  const header = parsePacketHeader(start);
  if (!header) throw new MessageError('it ends too early');
  reader.skip(header.headerBytes);
  return { tag: header.tag, body: packetBody(reader, header.length) };
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
