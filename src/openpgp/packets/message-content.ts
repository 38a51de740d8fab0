/**
 * The packets inside the encryption, down to the literal data: any nesting that the grammar of RFC 9580
 * section 10.3 allows for one literal, within a limit.
 */
import { ByteReader } from './byte-reader.js';
import { compressionById, decompress } from './compression.js';
import type { Compression } from './compression.js';
import type { SeekPointFinder } from '../../deflate/index.js';
import { MessageError } from './message-error.js';
import { tags } from './packet-header.js';
import { nextPacket, wholeBody } from './packet-reader.js';
import type { Packet, PacketParts } from './packet-reader.js';

/** Who wants to know what is met on the way to the literal data. */
export interface ContentVisitor {
  /** The body of a one-pass signature packet, before the literal data. */
  onePassSignature(body: Buffer): void;
  /** The body of a signature packet, before or after the literal data. */
  signature(body: Buffer): void;
  literal(info: LiteralInfo): void;
  /** Each piece of literal data before it is handed on. */
  data(piece: Buffer): void;
}

/** Where the literal data lies: what is known once it was read. */
export interface ContentPlace {
  /** The compressed packet that it is in, if it is in one; undefined where there are several around each other. */
  readonly compressed: CompressedPlace | 'none' | undefined;
  /** Where its packet begins in what is inflated, or in the encryption. */
  readonly offset: number;
  /** Mode, name and time, which come before the data. */
  readonly headerBytes: number;
  readonly parts: PacketParts;
}

export interface CompressedPlace {
  readonly compression: Compression;
  /** Where its deflate stream begins in the encryption; undefined where it comes in parts. */
  readonly streamOffset: number | undefined;
}

export interface LiteralInfo {
  /** 'b' for binary, 't' or 'u' for text. */
  readonly mode: string;
  readonly timeSeconds: number;
  readonly compression: Compression;
}

const maxDepth = 4;
const maxSignatureBytes = 64 * 1024;
const maxPackets = 64;

/** The literal data of the message in `source`; a MessageError when there is not exactly one. */
export async function* messageContent(
  source: AsyncIterable<Buffer>,
  visitor: ContentVisitor,
  seeking?: ContentSeeking,
): AsyncGenerator<Buffer, void, void> {
  const none = { compression: 'none', compressed: 'none' } as const;
  const state: State = { seen: false, packets: 0, ...none, seeking };
  yield* contentOf(new ByteReader(source), visitor, state, 0);
  if (!state.seen) throw new MessageError('it holds no data');
}

/** For who wants to find the data again without reading the message from its start. */
export interface ContentSeeking {
  /** Watches the deflate stream. */
  readonly finder: SeekPointFinder;
  content(place: ContentPlace): void;
}

interface State {
  seen: boolean;
  packets: number;
  compression: Compression;
  compressed: CompressedPlace | 'none' | undefined;
  readonly seeking: ContentSeeking | undefined;
}

async function* contentOf(
  reader: ByteReader,
  visitor: ContentVisitor,
  state: State,
  depth: number,
): AsyncGenerator<Buffer, void, void> {
  for (let packet = await nextPacket(reader); packet; packet = await nextPacket(reader)) {
    state.packets += 1;
    if (state.packets > maxPackets) throw new MessageError('it holds too many packets');
    switch (packet.tag) {
      case tags.compressed: {
        if (depth === maxDepth) throw new MessageError('it is nested too deeply');
        const body = new ByteReader(packet.body);
        const [id = 0] = await body.take(1);
        state.compression = compressionById(id);
        state.compressed = placeOf(state, packet);
        yield* contentOf(
          new ByteReader(decompress(state.compression, body, state.seeking?.finder)),
          visitor,
          state,
          depth + 1,
        );
        break;
      }
      case tags.onePassSignature:
        visitor.onePassSignature(await wholeBody(packet, maxSignatureBytes));
        break;
      case tags.signature:
        visitor.signature(await wholeBody(packet, maxSignatureBytes));
        break;
      case tags.literal:
        if (state.seen) throw new MessageError('it holds more than one piece of data');
        state.seen = true;
        yield* literalData(packet, visitor, state);
        break;
      case tags.marker:
      case tags.padding:
        await new ByteReader(packet.body).drain();
        break;
      default:
        throw new MessageError(`it holds a packet of type ${packet.tag}, which has no place there`);
    }
  }
}

/** The place of a compressed packet, whose algorithm was taken from its body just now. */
function placeOf(
  { compression, compressed }: State,
  { offset, parts }: Packet,
): CompressedPlace | undefined {
  if (compressed !== 'none') return undefined;
  const headerBytes = 1; // of a packet of indeterminate length
  return { compression, streamOffset: parts.isEndless ? offset + headerBytes + 1 : undefined };
}

/** RFC 9580 section 5.9: mode, name, time, data. */
async function* literalData(
  { body, offset, parts }: Packet,
  visitor: ContentVisitor,
  { compression, compressed, seeking }: State,
): AsyncGenerator<Buffer, void, void> {
  const reader = new ByteReader(body);
  const head = await reader.take(2);
  const nameBytes = head[1] ?? 0;
  const rest = await reader.take(nameBytes + 4);
  const timeSeconds = rest.readUInt32BE(nameBytes);
  visitor.literal({ mode: head.toString('latin1', 0, 1), timeSeconds, compression });
  seeking?.content({ compressed, offset, headerBytes: 2 + nameBytes + 4, parts });
  for (let piece = await reader.some(); piece; piece = await reader.some()) {
    visitor.data(piece);
    yield piece;
  }
}
