import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseMessageHeader } from '../../src/openpgp/index.js';
import { dearmored } from '../../src/openpgp/packets/armor.js';
import { ByteReader } from '../../src/openpgp/packets/byte-reader.js';
import { MessageError } from '../../src/openpgp/packets/message-error.js';
import {
  bodyPrefix,
  encodeDefiniteLength,
  encodePacket,
  parseNewLength,
  parsePacketHeader,
} from '../../src/openpgp/packets/packet-header.js';
import { nextPacket } from '../../src/openpgp/packets/packet-reader.js';
import { bodyOf, fileBytesOf, fileOffsetOf } from '../../src/openpgp/seekable/layout.js';
import { collect, inPieces } from './gpg-home.js';

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

/** A body in parts of the given powers of two and a last, definite one (RFC 9580 section 4.2.1.4). */
function inParts(body: Buffer, powers: readonly number[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const power of powers) {
    if (at + 2 ** power > body.length) continue;
    pieces.push(Buffer.of(0xe0 | power), body.subarray(at, at + 2 ** power));
    at += 2 ** power;
  }
  return Buffer.concat([...pieces, encodeDefiniteLength(body.length - at), body.subarray(at)]);
}

async function packetsOf(stream: Buffer, size: number): Promise<[number, Buffer][]> {
  const reader = new ByteReader(inPieces(stream, size));
  const packets: [number, Buffer][] = [];
  for (let one = await nextPacket(reader); one; one = await nextPacket(reader)) {
    packets.push([one.tag, await collect(one.body)]);
  }
  return packets;
}

describe('packet framing', () => {
  it('reads every length that it writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), (length) => {
        const encoded = encodeDefiniteLength(length);
        expect(parseNewLength(encoded, 0)).toEqual({
          length: { kind: 'definite', bytes: length },
          lengthBytes: encoded.length,
        });
        expect(parseNewLength(encoded.subarray(0, -1), 0)).toBeUndefined();
      }),
    );
  });

  it('joins the parts of a body, however they and the pieces of the stream lie', async () => {
    const powers = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 });
    const property = fc.asyncProperty(
      bytes(3000),
      powers,
      bytes(300),
      fc.integer({ min: 1, max: 700 }),
      async (first, cuts, second, size) => {
        const parts = Buffer.concat([Buffer.of(0xc0 | 18), inParts(first, cuts)]);
        const stream = Buffer.concat([parts, encodePacket(11, second)]);
        expect(await packetsOf(stream, size)).toEqual([
          [18, first],
          [11, second],
        ]);
        const header = parsePacketHeader(parts);
        expect(header && bodyPrefix(parts, header).equals(first)).toBe(true);
      },
    );
    await fc.assert(property);
  });

  it('reads the old format, up to its packet that runs to the end', async () => {
    const old = (ctb: number, length: number[], body: string) =>
      Buffer.concat([Buffer.of(ctb, ...length), Buffer.from(body)]);
    const stream = Buffer.concat([
      old(0x84, [3], 'abc'),
      old(0x85, [0, 2], 'de'),
      old(0x86, [0, 0, 0, 1], 'f'),
      old(0xa3, [], 'to the end'),
    ]);
    const packets = await packetsOf(stream, 4);
    expect(packets.map(([tag, body]) => [tag, body.toString()])).toEqual([
      [1, 'abc'],
      [1, 'de'],
      [1, 'f'],
      [8, 'to the end'],
    ]);
  });

  it('of any bytes gives packets or a MessageError, and no other', async () => {
    const property = fc.asyncProperty(bytes(300), async (stream) => {
      try {
        await packetsOf(stream, 64);
        parseMessageHeader(stream, true);
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError);
      }
    });
    await fc.assert(property, { numRuns: 500 });
  });
});

describe('ASCII armor', () => {
  const armored = (data: Buffer, newline: string) => {
    const lines = data.toString('base64').match(/.{1,64}/g) ?? [];
    const head = ['-----BEGIN PGP MESSAGE-----', 'Version: a test', ''];
    return Buffer.from([...head, ...lines, '=abcd', '-----END PGP MESSAGE-----', ''].join(newline));
  };

  it('comes off in pieces of any size, with any ends of lines', async () => {
    const property = fc.asyncProperty(
      bytes(2000),
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom('\n', '\r\n'),
      async (data, size, newline) => {
        const taken = await collect(dearmored(inPieces(armored(data, newline), size)));
        expect(taken.equals(data)).toBe(true);
      },
    );
    await fc.assert(property);
  });

  it('that is cut off, or is other text, is refused', async () => {
    const whole = armored(Buffer.alloc(300, 7), '\n');
    const others = ['hello\n', 'x'.repeat(10_000), '-----BEGIN PGP MESSAGE-----\n\n%%%%\n'];
    const texts = [
      whole.subarray(0, 100),
      whole.subarray(0, -3),
      ...others.map((one) => Buffer.from(one)),
    ];
    for (const text of texts) {
      await expect(collect(dearmored(inPieces(text)))).rejects.toBeInstanceOf(MessageError);
    }
  });
});

describe('the places in a seekable message', () => {
  it('lead from the body to the file and back', () => {
    const property = fc.property(
      fc.record({
        bodyBytes: fc.integer({ min: 0, max: 50_000 }),
        dataOffset: fc.integer({ min: 0, max: 500 }),
        partBytes: fc.constantFrom(512, 1024, 8192, 65536),
      }),
      fc.nat(),
      fc.nat(),
      ({ bodyBytes, dataOffset, partBytes }, one, other) => {
        const layout = { dataOffset, partBytes, bodyBytes, compression: 'zip' } as const;
        const body = Buffer.from(Array.from({ length: bodyBytes }, (_, i) => i & 0xff));
        const power = Math.log2(partBytes);
        const powers = Array<number>(Math.floor(bodyBytes / partBytes)).fill(power);
        const head = Buffer.alloc(dataOffset + 1);
        const file = Buffer.concat([head, inParts(body, powers)]);
        expect(fileBytesOf(layout)).toBe(file.length);
        if (bodyBytes === 0) return;
        const start = one % bodyBytes;
        const end = start + 1 + (other % (bodyBytes - start));
        const from = fileOffsetOf(layout, start);
        const range = file.subarray(from, fileOffsetOf(layout, end - 1) + 1);
        expect(bodyOf(layout, range, from).equals(body.subarray(start, end))).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});
