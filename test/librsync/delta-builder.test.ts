import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import {
  applyDelta,
  DeltaBuilder,
  parseSignature,
  SignatureBuilder,
} from '../../src/librsync/index.js';
import type { Signature } from '../../src/librsync/index.js';
import { hasRdiff, rdiffDelta, rdiffPatch, rdiffSignature } from './rdiff.js';

const magic = '72730236';
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

function signatureBytes(bytes: Uint8Array, blockLength: number): Buffer {
  const builder = new SignatureBuilder(blockLength);
  builder.update(bytes);
  return builder.digest();
}

function signatureOf(bytes: Uint8Array, blockLength: number): Signature {
  return parseSignature(signatureBytes(bytes, blockLength), 'test');
}

function deltaOf(
  signature: Signature,
  file: Uint8Array,
  { cut = file.length + 1, newSignature }: { cut?: number; newSignature?: SignatureBuilder } = {},
): Buffer {
  const parts: Buffer[] = [];
  const options = newSignature === undefined ? {} : { newSignature };
  const builder = new DeltaBuilder(signature, (bytes) => parts.push(bytes), options);
  for (let at = 0; at < file.length; at += cut) builder.update(file.subarray(at, at + cut));
  builder.finish();
  return Buffer.concat(parts);
}

/** Deterministic noise: quick, and the same in every run. */
function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A file, and a later version of it: pieces of the file, moved and repeated, between new bytes. */
const edited = fc
  .record({
    basis: fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.constantFrom(0, 1), { maxLength: 400 }).map((bits) => Uint8Array.from(bits)),
    ),
    blockLength: fc.integer({ min: 1, max: 40 }),
    edits: fc.array(
      fc.record({
        from: fc.nat(400),
        length: fc.nat(400),
        insert: fc.uint8Array({ maxLength: 9 }),
      }),
      { maxLength: 6 },
    ),
    cut: fc.integer({ min: 1, max: 500 }),
  })
  .map(({ basis, blockLength, edits, cut }) => ({
    basis,
    blockLength,
    cut,
    file: Buffer.concat(
      edits.flatMap(({ from, length, insert }) => [basis.subarray(from, from + length), insert]),
    ),
  }));

describe('a delta', () => {
  it('is the one of the worked example of the format', () => {
    const basis = Buffer.from('The quick brown fox jumps over the lazy dog.');
    const file = Buffer.from('The QUICK brown fox jumps over the lazy dog. The end');
    const { writer, expected } = {
      writer: deltaOf(signatureOf(basis, 16), file),
      expected: `${magic} 10 ${Buffer.from('The QUICK brown ').toString('hex')} 45 10 10
        14 ${Buffer.from('he lazy dog. The end').toString('hex')} 00`,
    };
    expect(writer).toEqual(hex(expected));
  });

  it.each([
    ['200 bytes unchanged', noise(200), noise(200), '45 00 c8 00'],
    ['256 bytes unchanged', noise(256), noise(256), '46 00 0100 00'],
    ['300,000 bytes unchanged', noise(300_000), noise(300_000), '47 00 000493e0 00'],
    ['a file made empty', noise(1000), Buffer.alloc(0), '00'],
    ['an empty file left empty', Buffer.alloc(0), Buffer.alloc(0), '00'],
    [
      'one byte put before 300,000',
      noise(300_000),
      Buffer.concat([Buffer.from('x'), noise(300_000)]),
      '01 78 47 00 000493e0 00',
    ],
    ['zeros unchanged', Buffer.alloc(300_001), Buffer.alloc(300_001), '47 00 000493e1 00'],
  ])('of %s is the one that duplicity writes', (_, basis, file, commands) => {
    expect(deltaOf(signatureOf(basis, 512), file)).toEqual(hex(magic + commands));
  });

  it('makes the new file, and the new signature in passing, whatever the edits and cuts', () => {
    fc.assert(
      fc.property(edited, fc.boolean(), ({ basis, blockLength, file, cut }, sameLength) => {
        const newSignature = new SignatureBuilder(sameLength ? blockLength : blockLength + 1);
        const delta = deltaOf(signatureOf(basis, blockLength), file, { cut, newSignature });
        expect(applyDelta(basis, delta, 'test')).toEqual(file);
        expect(newSignature.digest()).toEqual(signatureBytes(file, newSignature.blockLength));
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same however the bytes are cut', () => {
    const basis = noise(400_000);
    const file = Buffer.concat([
      basis.subarray(200_000),
      noise(200_000, 7),
      basis.subarray(3, 90_000),
      basis.subarray(399_000),
    ]);
    const signature = signatureOf(basis, 512);
    const lengths = [100, 4096, 65_536, 1 << 20].map((cut) => {
      const delta = deltaOf(signature, file, { cut });
      expect(applyDelta(basis, delta, 'test').equals(file)).toBe(true);
      return delta.length;
    });
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(50);
  });

  it('copies the short last block only at the end of the file', () => {
    const basis = noise(1000); // 512 + 488
    const signature = signatureOf(basis, 512);
    const atEnd = Buffer.concat([noise(700, 3), basis.subarray(512)]);
    expect(deltaOf(signature, atEnd)).toHaveLength(4 + 3 + 700 + 5 + 1);
    const within = Buffer.concat([basis.subarray(512), noise(700, 3)]);
    expect(deltaOf(signature, within)).toHaveLength(4 + 3 + within.length + 1);
  });

  it('of a long file without matches holds little more than the file, in bounded pieces', () => {
    const file = noise(1_000_000, 9);
    const sizes: number[] = [];
    const builder = new DeltaBuilder(signatureOf(noise(10_000), 512), (bytes) => {
      sizes.push(bytes.length);
    });
    builder.update(file);
    builder.finish();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_100);
  });

  it('uses a signature with 16-byte strong sums', () => {
    const basis = noise(5000);
    const short = signatureOf(basis, 512);
    const strong = new Uint8Array(short.weak.length * 16).fill(0xaa);
    short.weak.forEach((_, i) => {
      strong.set(short.strong.subarray(i * 8, i * 8 + 8), i * 16);
    });
    const delta = deltaOf({ ...short, strongLength: 16, strong }, basis);
    expect(delta).toEqual(hex(`${magic} 46 00 1388 00`));
  });

  it('is not made from a signature of another kind', () => {
    const other: Signature = { ...signatureOf(noise(5000), 512), kind: 'rabinkarp+blake2' };
    expect(() => deltaOf(other, noise(10))).toThrow(
      expect.toSatisfy((error) => isDuplifsError(error, 'DAMAGED')),
    );
    const long: Signature = { ...signatureOf(noise(5000), 512), blockLength: 2 ** 31 };
    expect(() => deltaOf(long, noise(10))).toThrow(/blocks have/);
  });
});

describe('crafted and regular data take no longer', () => {
  // unprotected, each of these takes minutes; the clock is the processor's, for a busy machine
  const quick = (work: () => void) => {
    const start = process.cpuUsage();
    work();
    expect(process.cpuUsage(start).user).toBeLessThan(4_000_000);
  };

  it('when all blocks are zeros', () => {
    const zeros = Buffer.alloc(5_000_000);
    const file = Buffer.concat([zeros.subarray(0, 2_999_999), Buffer.from('x'), zeros]);
    const signature = signatureOf(zeros, 512);
    quick(() => {
      const delta = deltaOf(signature, file);
      expect(delta.length).toBeLessThan(2000);
      expect(applyDelta(zeros, delta, 'test').equals(file)).toBe(true);
    });
  });

  it('when many blocks have the same weak sum and different strong ones', () => {
    const signature = signatureOf(Buffer.alloc(20_000 * 512), 512);
    const strong = new Uint8Array(randomBytes(signature.strong.length));
    quick(() => {
      const file = Buffer.alloc(1_000_000);
      const delta = deltaOf({ ...signature, strong }, file);
      expect(applyDelta(Buffer.alloc(0), delta, 'test').equals(file)).toBe(true);
    });
  });

  it('when every window has the weak sum of a block and no window its strong one', () => {
    const signature = signatureOf(Buffer.alloc(10 * 65_536), 65_536);
    const strong = new Uint8Array(signature.strong.length).fill(1);
    quick(() => {
      deltaOf({ ...signature, strong }, Buffer.alloc(8_000_000));
    });
  });

  it('when the tail has it too', () => {
    const length = 8 * 1024 * 1024;
    const signature: Signature = {
      kind: 'rollsum+md4',
      blockLength: length,
      strongLength: 8,
      weak: new Uint32Array(1),
      strong: new Uint8Array(8),
    };
    // bytes of which each counts as 0: 225 + 31 = 256, and 256 of them are 0 modulo 2^16
    quick(() => {
      deltaOf(signature, Buffer.alloc(length - 1, 225));
    });
  });
});

describe.runIf(hasRdiff)('rdiff and we understand each other', () => {
  const basis = noise(300_000);
  const versions: [string, Buffer][] = [
    ['unchanged', basis],
    ['empty', Buffer.alloc(0)],
    ['all new', noise(200_000, 5)],
    ['longer', Buffer.concat([basis, noise(70_000, 6)])],
    ['shorter', basis.subarray(0, 123_457)],
    ['shifted', Buffer.concat([Buffer.from('ab'), basis.subarray(7)])],
    [
      'with many small edits',
      Buffer.from(basis.map((byte, i) => (i % 9973 === 0 ? byte ^ 1 : byte))),
    ],
    [
      'with its parts exchanged and repeated',
      Buffer.concat([basis.subarray(150_000), basis.subarray(0, 150_000), basis]),
    ],
  ];

  it.each(versions)('on a version that is %s', (_, file) => {
    for (const blockLength of [512, 2048]) {
      const signature = signatureBytes(basis, blockLength);
      expect(signature.equals(rdiffSignature(basis, blockLength))).toBe(true);
      const ours = deltaOf(parseSignature(signature, 'test'), file);
      expect(rdiffPatch(basis, ours).equals(file)).toBe(true);
      const theirs = rdiffDelta(signature, file);
      expect(applyDelta(basis, theirs, 'test').equals(file)).toBe(true);
      expect(ours.length).toBeLessThanOrEqual(theirs.length + 20);
    }
  });
});
