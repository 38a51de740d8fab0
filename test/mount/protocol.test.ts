import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeName } from '../../src/base/index.js';
import type { Attributes } from '../../src/mount/file-system.js';
import {
  decodeHeader,
  decodeNameAt,
  decodeRead,
  hasWholeBody,
} from '../../src/mount/kernel/decode.js';
import {
  deviceNumber,
  direntplusSize,
  direntSize,
  encodeAttr,
  encodeAttrOut,
  encodeDirent,
  encodeDirentplus,
  encodeEntry,
  encodeOutHeader,
  encodeStatfs,
  encodeStatxOut,
} from '../../src/mount/kernel/encode.js';
import { decodeInit, encodeInitOut, negotiate } from '../../src/mount/kernel/init.js';
import { getU64, setU64 } from '../../src/mount/kernel/layout.js';
import { encodeInvalidEntry, encodeInvalidNode } from '../../src/mount/kernel/notifications.js';
import { InitFlag, structs } from '../../src/mount/kernel/protocol.js';

const node: Attributes = {
  ino: 0x0012_3456_789a_bcde,
  kind: 'reg',
  mode: 0o4755,
  nlink: 3,
  uid: 1000,
  gid: 0xfffffffe,
  size: 5 * 2 ** 30 + 1,
  blocks: 10_485_761,
  mtimeSeconds: -1.75,
};
const times = { entrySeconds: 86_400, attributeSeconds: 0.5, generation: 7 };

/** What `encode` writes into a buffer that is full of rubbish, in hexadecimal. */
function encoded(encode: (view: DataView) => number): string {
  const bytes = Buffer.alloc(1024, 0xaa);
  const end = encode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  return bytes.subarray(0, end).toString('hex');
}

function viewOf(hex: string): DataView {
  const bytes = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

const hex = (text: string): string => text.replaceAll(/\s/g, '');

// The bytes of attr: little-endian, in the order of struct fuse_attr.
const attributes = hex(`debc9a7856341200 0100004001000000 0100a00000000000
  feffffffffffffff feffffffffffffff feffffffffffffff 80b2e60e 80b2e60e 80b2e60e
  ed890000 03000000 e8030000 feffffff 00000000 00100000 00000000`);

describe('the structs of the protocol', () => {
  test('have the sizes of include/uapi/linux/fuse.h', () => {
    const sizes = Object.fromEntries(
      Object.entries(structs).map(([name, { size }]) => [name, size]),
    );
    expect(sizes).toEqual({
      inHeader: 40,
      outHeader: 16,
      attr: 88,
      entryOut: 128,
      attrOut: 104,
      dirent: 24,
      direntplus: 152,
      initIn: 64,
      initOut: 64,
      readIn: 40,
      getattrIn: 16,
      statxIn: 24,
      sxTime: 16,
      statx: 256,
      statxOut: 288,
      statfsOut: 80,
      accessIn: 8,
      getxattrIn: 8,
      getxattrOut: 8,
      interruptIn: 8,
      notifyInvalInodeOut: 24,
      notifyInvalEntryOut: 16,
    });
  });

  test('numbers of 64 bits survive, negative ones in two’s complement', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const view = new DataView(new ArrayBuffer(8));
        setU64(view, 0, value);
        expect(getU64(view, 0)).toBe(value);
        expect(view.getBigUint64(0, true)).toBe(BigInt(value));
        setU64(view, 0, -value);
        expect(view.getBigInt64(0, true)).toBe(BigInt(-value));
      }),
    );
  });
});

describe('replies, byte for byte', () => {
  test('the header', () => {
    expect(encoded((view) => encodeOutHeader(view, 16, -30, 0x1_0000_0002))).toBe(
      hex('10000000 e2ffffff 0200000001000000'),
    );
  });

  test('attributes, with sizes beyond 4 GiB and nanoseconds before 1970', () => {
    expect(encoded((view) => encodeAttr(view, 0, node))).toBe(attributes);
  });

  test('LOOKUP', () => {
    expect(encoded((view) => encodeEntry(view, 0, node, times))).toBe(
      hex('debc9a7856341200 0700000000000000 8051010000000000 0000000000000000 00000000 0065cd1d') +
        attributes,
    );
  });

  test('LOOKUP of a name that is not there: node 0, to be kept', () => {
    expect(encoded((view) => encodeEntry(view, 0, undefined, times))).toBe(
      hex('0000000000000000 0700000000000000 8051010000000000 0000000000000000 00000000 0065cd1d') +
        '00'.repeat(88),
    );
  });

  test('GETATTR', () => {
    expect(encoded((view) => encodeAttrOut(view, 0, node, 1.25))).toBe(
      hex('0100000000000000 80b2e60e 00000000') + attributes,
    );
  });

  test('STATX', () => {
    const time = 'feffffffffffffff 80b2e60e 00000000';
    const none = '00'.repeat(16);
    const device = { ...node, kind: 'blk' as const, mode: 0o600, rdev: { major: 8, minor: 1 } };
    expect(encoded((view) => encodeStatxOut(view, 0, device, 3))).toBe(
      hex(`0300000000000000 00000000 00000000 ${none}
        ff070000 00100000 0000000000000000 03000000 e8030000 feffffff 8061 0000
        debc9a7856341200 0100004001000000 0100a00000000000 0000000000000000
        ${time} ${none} ${time} ${time}
        08000000 01000000 00000000 00000000`) + '00'.repeat(112),
    );
  });

  test('STATFS', () => {
    expect(
      encoded((view) => encodeStatfs(view, 0, { blockSize: 4096, blocks: 2 ** 33, files: 9 })),
    ).toBe(
      hex(`0000000002000000 0000000000000000 0000000000000000 0900000000000000 0000000000000000
        00100000 ff000000 00100000 00000000`) + '00'.repeat(24),
    );
  });

  test('READDIR pads names to eight bytes', () => {
    const entry = {
      name: Buffer.from('caf\xe9', 'latin1'),
      ino: 5,
      kind: 'fifo',
      offset: 9,
    } as const;
    expect(encoded((view) => encodeDirent(view, 0, entry))).toBe(
      hex('0500000000000000 0900000000000000 04000000 01000000 636166e900000000'),
    );
    expect(direntSize(4)).toBe(32);
    expect(direntSize(8)).toBe(32);
    expect(direntSize(9)).toBe(40);
  });

  test('READDIRPLUS: attributes where they are known, node 0 where not', () => {
    const entry = { name: Buffer.from('a'), ino: 5, kind: 'dir', offset: 3 } as const;
    const dirent = hex('0500000000000000 0300000000000000 01000000 04000000 6100000000000000');
    const plain = { ...times, attributeSeconds: 0 };
    expect(
      encoded((view) => encodeDirentplus(view, 0, { ...entry, attributes: node }, plain)),
    ).toBe(
      hex('debc9a7856341200 0700000000000000 8051010000000000 0000000000000000 00000000 00000000') +
        attributes +
        dirent,
    );
    expect(encoded((view) => encodeDirentplus(view, 0, entry, plain))).toBe(
      '00'.repeat(128) + dirent,
    );
    expect(direntplusSize(1)).toBe(160);
  });

  test('invalidations', () => {
    expect(Buffer.from(encodeInvalidEntry(1, Buffer.from('latest'))).toString('hex')).toBe(
      hex('27000000 03000000 0000000000000000 0100000000000000 06000000 00000000 6c617465737400'),
    );
    expect(Buffer.from(encodeInvalidNode(258)).toString('hex')).toBe(
      hex('28000000 02000000 0000000000000000 0201000000000000 0000000000000000 0000000000000000'),
    );
  });

  test('device numbers, as glibc takes them apart', () => {
    expect(deviceNumber({ major: 1, minor: 3 })).toBe(0x103);
    expect(deviceNumber({ major: 259, minor: 70_000 })).toBe(0x1111_0370);
    expect(deviceNumber({ major: 0xfff, minor: 0xfffff })).toBe(0xffff_ffff);
  });
});

describe('INIT', () => {
  const offer = hex(`07000000 2c000000 00000200 fbfff373 00000000`) + '00'.repeat(44);

  test('takes of the kernel’s offer what is wanted, and nothing that was not offered', () => {
    const request = decodeInit(viewOf(offer), 0);
    expect(request).toEqual({ major: 7, minor: 44, maxReadahead: 131_072, flags: 0x73f3fffb });
    const agreed = negotiate(request, true);
    if (agreed.kind !== 'agreed') throw new Error('no agreement');
    expect(agreed.flags & ~request.flags).toBe(0);
    expect(agreed.flags & InitFlag.DO_READDIRPLUS).not.toBe(0);
    expect(agreed.flags & InitFlag.NO_OPEN_SUPPORT).not.toBe(0);
    expect(encoded((view) => encodeInitOut(view, 0, agreed))).toBe(
      hex('07000000 27000000 00000200 1170c201 4000 3000 00100000 01000000 0001 0000 00000000') +
        '00'.repeat(28),
    );
  });

  test('without parents there is no export support', () => {
    const agreed = negotiate(decodeInit(viewOf(offer), 0), false);
    expect(agreed.kind === 'agreed' && agreed.flags & InitFlag.EXPORT_SUPPORT).toBe(0);
  });

  test('a newer major version is asked again, an older protocol refused', () => {
    expect(negotiate({ major: 8, minor: 0, maxReadahead: 0, flags: 0 }, true).kind).toBe('again');
    expect(negotiate({ major: 7, minor: 30, maxReadahead: 0, flags: 0 }, true).kind).toBe(
      'too-old',
    );
    expect(negotiate({ major: 6, minor: 50, maxReadahead: 0, flags: 0 }, true).kind).toBe(
      'too-old',
    );
  });
});

describe('requests', () => {
  const read = hex(`50000000 0f000000 0200000001000000 debc9a7856341200 e8030000 e8030000 39300000
    0000 0000  0000000000000000 0000004001000000 00001000 00000000 0000000000000000 00000000 00000000`);

  test('a READ at 5 GiB', () => {
    const view = viewOf(read);
    const header = decodeHeader(view, 80);
    expect(header).toEqual({
      opcode: 15,
      unique: 0x1_0000_0002,
      nodeid: node.ino,
      length: 80,
    });
    expect(header !== undefined && hasWholeBody(header)).toBe(true);
    expect(decodeRead(view)).toEqual({ offset: 5 * 2 ** 30, size: 1_048_576 });
  });

  test('one whose length is not what arrived is refused', () => {
    expect(decodeHeader(viewOf(read), 79)).toBeUndefined();
    expect(decodeHeader(viewOf(read.slice(0, 40)), 20)).toBeUndefined();
  });

  test('one that is too short for its struct is refused', () => {
    expect(hasWholeBody({ opcode: 15, unique: 1, nodeid: 1, length: 79 })).toBe(false);
  });

  test('names of any bytes are found, up to their zero and within the request', () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 1, maxLength: 255 }), (bytes) => {
        const buffer = Buffer.concat([Buffer.alloc(40, 1), bytes, Buffer.of(0, 7, 0)]);
        const name = decodeNameAt(buffer, 40, 41 + bytes.length) ?? '';
        expect(encodeName(name)).toEqual(Buffer.from(bytes));
        expect(decodeNameAt(buffer, 40, 40 + bytes.length)).toBeUndefined();
      }),
    );
  });
});
