import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames, comparePaths, decodeName, encodeName } from '../../src/base/index.js';

describe('names', () => {
  it('come back as the same bytes, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(encodeName(decodeName(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('that are UTF-8 are readable, and other bytes become lone surrogates', () => {
    expect(decodeName(Buffer.from('日本 😀'))).toBe('日本 😀');
    expect(decodeName(Buffer.from('caf\xe9', 'latin1'))).toBe('caf\udce9');
    // an encoded surrogate is not UTF-8: three escaped bytes
    expect(decodeName(Buffer.from([0xed, 0xb3, 0xa9]))).toBe('\udced\udcb3\udca9');
  });

  it('are ordered as bytes, not as UTF-16', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
        expect(Math.sign(compareNames(decodeName(a), decodeName(b)))).toBe(Buffer.compare(a, b));
      }),
    );
  });

  it('order paths by components, a folder before what it holds', () => {
    const paths = ['', 'a', 'a/x', 'a!', 'a-b', 'a.b', 'a0', 'ab/x'];
    expect([...paths].reverse().sort(comparePaths)).toEqual(paths);
  });
});
