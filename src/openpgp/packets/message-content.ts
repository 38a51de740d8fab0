/**
 * The packets inside the encryption, down to the literal data: any nesting that the grammar of RFC 9580
 * section 10.3 allows for one literal, within a limit.
 */
import { ByteReader } from './byte-reader.js';
import { compressionById, decompress } from './compression.js';
import type { Compression } from './compression.js';
import { MessageError } from './message-error.js';
import { tags } from './packet-header.js';
import { nextPacket, wholeBody } from './packet-reader.js';

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
): AsyncGenerator<Buffer, void, void> {
  const state = { seen: false, packets: 0, compression: 'none' as Compression };
  yield* contentOf(new ByteReader(source), visitor, state, 0);
  if (!state.seen) throw new MessageError('it holds no data');
}

interface State {
  seen: boolean;
  packets: number;
  compression: Compression;
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
        yield* contentOf(
          new ByteReader(decompress(state.compression, body)),
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
        yield* literalData(new ByteReader(packet.body), visitor, state.compression);
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

/** RFC 9580 section 5.9: mode, name, time, data. */
async function* literalData(
  body: ByteReader,
  visitor: ContentVisitor,
  compression: Compression,
): AsyncGenerator<Buffer, void, void> {
  const head = await body.take(2);
  const nameBytes = head[1] ?? 0;
  const rest = await body.take(nameBytes + 4);
  const timeSeconds = rest.readUInt32BE(nameBytes);
  visitor.literal({ mode: head.toString('latin1', 0, 1), timeSeconds, compression });
  for (let piece = await body.some(); piece; piece = await body.some()) {
    visitor.data(piece);
    yield piece;
  }
}
