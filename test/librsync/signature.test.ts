import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import {
  blockLengthFor,
  parseSignature,
  SignatureBuilder,
  unusableReason,
} from '../../src/librsync/index.js';
import { noise } from '../support/noise.js';
import { hasRdiff, rdiff, rdiffSignature } from './rdiff.js';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

function signatureOf(bytes: Uint8Array, blockLength: number, cut = bytes.length + 1): Buffer {
  const builder = new SignatureBuilder(blockLength);
  for (let at = 0; at < bytes.length; at += cut) builder.update(bytes.subarray(at, at + cut));
  return builder.digest();
}

describe('a signature', () => {
  it('can be taken as it grows', () => {
    const bytes = noise(1_200_005);
    const parts: Buffer[] = [];
    const builder = new SignatureBuilder(16, (part) => parts.push(Buffer.from(part)));
    for (let at = 0; at < bytes.length; at += 70_001)
      builder.update(bytes.subarray(at, at + 70_001));
    const end = builder.digest();
    expect(parts.length).toBeGreaterThan(2);
    for (const part of [...parts, end]) expect(part.length).toBeLessThanOrEqual(256 * 1024);
    expect(Buffer.concat([...parts, end]).equals(signatureOf(bytes, 16))).toBe(true);
  });

  it('is the one of the worked example of the format', () => {
    const basis = Buffer.from('The quick brown fox jumps over the lazy dog.');
    expect(signatureOf(basis, 16)).toEqual(
      hex(`72730136 00000010 00000008
           41b907b6 3d55465380a6a05c
           44b807fc b17bb7244d1c454f
           256205a9 80b7aaeb13db4757`),
    );
  });

  it('of an empty file has no blocks', () => {
    expect(signatureOf(Buffer.alloc(0), 512)).toEqual(hex('72730136 00000200 00000008'));
  });

  it('has the first half of each MD4, as the RFC gives it for seven texts', () => {
    const digests: [string, string][] = [
      ['a', 'bde52cb31de33e46'],
      ['abc', 'a448017aaf21d852'],
      ['message digest', 'd9130a8164549fe8'],
      ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcd'],
      ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db35'],
      ['1234567890'.repeat(8), 'e33b4ddc9c38f219'],
    ];
    for (const [text, digest] of digests) {
      expect(signatureOf(Buffer.from(text), 512).subarray(16).toString('hex')).toBe(digest);
    }
  });

  it('is the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 700 }),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 300 }),
        (bytes, blockLength, cut) => {
          expect(signatureOf(bytes, blockLength, cut)).toEqual(signatureOf(bytes, blockLength));
        },
      ),
    );
  });

  it.runIf(hasRdiff)('equals the one that rdiff makes, for every length around a block', () => {
    for (const blockLength of [1, 3, 55, 56, 63, 64, 65, 119, 120, 128, 512, 2048]) {
      for (const blocks of [0, 1, 2, 3]) {
        for (const more of [0, 1, -1]) {
          const bytes = randomBytes(Math.max(0, blocks * blockLength + more));
          const expected = rdiffSignature(bytes, blockLength);
          expect(signatureOf(bytes, blockLength).equals(expected)).toBe(true);
        }
      }
    }
  });

  it.runIf(hasRdiff)('equals the one that rdiff makes, for long blocks of extreme bytes', () => {
    for (const byte of [0, 1, 0x7f, 0xff]) {
      const bytes = Buffer.alloc(1_500_000, byte);
      expect(signatureOf(bytes, 1 << 20, 65_536).equals(rdiffSignature(bytes, 1 << 20))).toBe(true);
    }
  });

  it('is read back', () => {
    const signature = parseSignature(signatureOf(Buffer.from('a'.repeat(40)), 16), 'test');
    expect(signature).toMatchObject({ kind: 'rollsum+md4', blockLength: 16, strongLength: 8 });
    expect(signature.weak).toHaveLength(3);
    expect(signature.weak[0]).toBe(signature.weak[1]);
    expect(signature.strong).toHaveLength(24);
    expect(unusableReason(signature)).toBeUndefined();
  });

  it.runIf(hasRdiff)('of another kind is recognised, but of no use for a delta', () => {
    const file = randomBytes(3000);
    const kinds = [
      ['rollsum', 'blake2', 32],
      ['rabinkarp', 'md4', 16],
      ['rabinkarp', 'blake2', 32],
    ] as const;
    for (const [weak, strong, strongLength] of kinds) {
      const bytes = rdiff(['-H', strong, '-R', weak, '-b', '512', 'signature'], [file]);
      const signature = parseSignature(bytes, 'test');
      expect(signature).toMatchObject({
        kind: `${weak}+${strong}`,
        blockLength: 512,
        strongLength,
      });
      expect(signature.weak).toHaveLength(6);
      expect(unusableReason(signature)).toMatch(/not rollsum\+md4/);
    }
  });

  it.each([
    ['nothing', ''],
    ['a cut header', '72730136 00000200'],
    ['a delta', '72730236 00000200 00000008'],
    ['blocks of length 0', '72730136 00000000 00000008'],
    ['blocks longer than 2^31', '72730136 80000001 00000008'],
    ['strong sums of length 0', '72730136 00000200 00000000'],
    ['strong sums longer than MD4', '72730136 00000200 00000011'],
    ['strong sums longer than all files', '72730137 00000200 ffffffff'],
    ['a cut block', '72730136 00000200 00000008 41b907b6 3d5546'],
  ])('is not made of %s', (_, bytes) => {
    expect(() => parseSignature(hex(bytes), 'etc/passwd')).toThrow(
      expect.toSatisfy(
        (error) => isDuplifsError(error, 'DAMAGED') && error.message.includes('"etc/passwd"'),
      ),
    );
  });
});

describe('the block length', () => {
  it('is the one that duplicity chooses', () => {
    const expected: [number, number][] = [
      [0, 512],
      [1_023_999, 512],
      [1_024_000, 512],
      [2_047_999, 512],
      [2_048_000, 1024],
      [3_072_000, 1536],
      [4_096_000, 2048],
      [1e12, 2048],
    ];
    for (const [size, blockLength] of expected) expect(blockLengthFor(size)).toBe(blockLength);
    expect(blockLengthFor(10_000_000, 4096)).toBe(4096);
    expect(blockLengthFor(100_000, 256)).toBe(512);
  });
});
