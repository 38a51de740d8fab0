import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockAt,
  blockTable,
  countBlocks,
  faultOfBlocks,
  fileContainer,
  layoutNumbers,
  packBlocks,
  plaintextOffsetAt,
  unpackBlocks,
} from '../../src/archive/index.js';
import type { Block, BlockTable } from '../../src/archive/index.js';

const blocks: fc.Arbitrary<Block[]> = fc
  .array(
    fc.record({
      plaintextLength: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      fileOffset: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      fileLength: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      digest: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
    }),
    { maxLength: 20 },
  )
  .map((parts) => {
    let plaintextOffset = 0;
    return parts.map((part) => {
      const block = { plaintextOffset, ...part };
      plaintextOffset += part.plaintextLength;
      return block;
    });
  });
const some = blocks.filter(({ length }) => length > 0);
const lengthOf = (list: readonly Block[]) =>
  list.reduce((sum, { plaintextLength }) => sum + plaintextLength, 0);

describe('packed blocks', () => {
  it('are what was packed, all of them or one by one', () => {
    fc.assert(
      fc.property(blocks, fc.nat(25), fc.nat(25), (list, first, count) => {
        const packed = packBlocks(list);
        expect(unpackBlocks(packed)).toEqual(list);
        expect(unpackBlocks(packed, first, count)).toEqual(list.slice(first, first + count));
        expect(countBlocks(packed)).toBe(list.length);
        for (const [index, block] of list.entries()) {
          expect(blockAt(packed, index)).toEqual(block);
          expect(plaintextOffsetAt(packed, index)).toBe(block.plaintextOffset);
        }
        expect(faultOfBlocks(packed, lengthOf(list))).toBeUndefined();
      }),
    );
  });

  it('are 36 bytes each, as catalogs have them', () => {
    const block = { plaintextOffset: 0, plaintextLength: 1, fileOffset: 2 ** 40, fileLength: 3 };
    const packed = packBlocks([{ ...block, digest: Buffer.alloc(16, 7) }]);
    expect(packed.toString('hex')).toBe(
      `0000000000000000000101000000000000000003${'07'.repeat(16)}`,
    );
  });

  it('that are cut short are refused', () => {
    fc.assert(
      fc.property(some, fc.nat(), (list, cut) => {
        const packed = packBlocks(list);
        const left = packed.subarray(0, cut % packed.length);
        const isEmpty = left.length === 0; // a volume that can only be read from its start
        expect(faultOfBlocks(left, lengthOf(list)) === undefined).toBe(isEmpty);
      }),
    );
  });

  it('that leave something out, or are for another plaintext, are refused', () => {
    fc.assert(
      fc.property(some, fc.nat(), (list, at) => {
        const index = at % list.length;
        const packed = packBlocks(list);
        const without = Buffer.concat([
          packed.subarray(0, index * 36),
          packed.subarray((index + 1) * 36),
        ]);
        if (list.length > 1) expect(faultOfBlocks(without, lengthOf(list))).toBeDefined();
        expect(faultOfBlocks(packed, lengthOf(list) + 1)).toBe('do not make up the plaintext');
        packed.writeUInt32BE(0, index * 36 + 6);
        expect(faultOfBlocks(packed, lengthOf(list))).toBeDefined();
      }),
    );
  });

  it('are not made of blocks with a gap, or with digests or numbers that do not fit', () => {
    const block = {
      plaintextOffset: 0,
      plaintextLength: 5,
      fileOffset: 0,
      fileLength: 5,
      digest: Buffer.alloc(16),
    };
    expect(() => packBlocks([{ ...block, plaintextOffset: 1 }])).toThrow(RangeError);
    expect(() => packBlocks([block, block])).toThrow(RangeError);
    expect(() => packBlocks([{ ...block, digest: Buffer.alloc(15) }])).toThrow(RangeError);
    expect(() => packBlocks([{ ...block, fileLength: 2 ** 32 }])).toThrow(RangeError);
    expect(() => packBlocks([{ ...block, fileOffset: 2 ** 48 }])).toThrow(RangeError);
  });
});

describe('a block table', () => {
  const positive = fc.integer({ min: 1, max: 2 ** 40 });
  const layout = fc.record({
    compression: fc.constantFrom('zip' as const, 'none' as const),
    dataOffset: positive,
    partBytes: positive,
    bodyBytes: positive,
  });
  const table: fc.Arbitrary<BlockTable> = fc
    .tuple(fc.constantFrom('gpg' as const, 'gz' as const, 'plain' as const), layout, blocks)
    .map(([container, layout, list]) => {
      const common = { plaintextLength: lengthOf(list), blocks: packBlocks(list) };
      return container === 'gpg' ? { container, layout, ...common } : { container, ...common };
    });

  it('comes back from the form in which it is kept, also with numbers of a later version', () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat()), (table, more) => {
        const layout = [...layoutNumbers(table), ...(table.container === 'gpg' ? more : [])];
        const container = fileContainer(table);
        expect(blockTable({ ...table, container, layout })).toEqual(table);
      }),
    );
  });

  it('of a volume of another program comes back, with numbers of a later version too', () => {
    const place = fc.integer({ min: 1, max: 2 ** 40 });
    const packet = fc
      .record({ dataOffset: fc.nat(), partBytes: place, bodyBytes: place, tail: place })
      .map(({ tail, ...rest }) => ({ ...rest, tailPartBytes: tail % rest.partBytes }));
    const message = fc.record({
      encrypted: packet,
      contentOffset: fc.nat(),
      literal: packet,
      literalHeaderBytes: place,
    });
    fc.assert(
      fc.property(blocks, message, fc.boolean(), fc.array(fc.nat()), (list, one, bit, more) => {
        const common = { plaintextLength: lengthOf(list), blocks: packBlocks(list) };
        for (const table of [
          { container: 'continuous-gpg', isDeflated: bit, message: one, ...common },
          { container: 'continuous-gz', isDeflated: bit, message: undefined, ...common },
        ] as const) {
          const layout = [...layoutNumbers(table), ...more];
          const container = fileContainer(table);
          expect(blockTable({ ...common, container, layout })).toEqual(table);
        }
      }),
    );
  });

  it('of a message has no blocks when its layout is not understood', () => {
    const kept = { container: 'gpg', plaintextLength: 5, blocks: Buffer.alloc(36) } as const;
    for (const layout of [[], [1], [1, 271, 262144], [2, 271, 262144, 99], [1, 0, 262144, 99]]) {
      const table = blockTable({ ...kept, layout });
      expect(table).toEqual({ ...kept, layout: undefined, blocks: Buffer.alloc(0) });
    }
  });
});
