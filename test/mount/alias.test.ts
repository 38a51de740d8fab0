import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeName, hasEscapes } from '../../src/base/index.js';
import { aliasOf, aliasOfTarget, nameOf } from '../../src/mount/libfuse/alias.js';

const names = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => decodeName(bytes)),
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc
    .array(fc.constantFrom('%bytes%', '%', 'E9', '\udce9', '\udc80', '😀', 'a', '%E9'), {
      minLength: 1,
    })
    .map((parts) => decodeName(Buffer.from(parts.join('').replaceAll(/[\udc80-\udcff]/g, '?')))),
);

describe('the alias of a name that is not UTF-8', () => {
  test('is readable', () => {
    expect(aliasOf('caf\udce9 100%')).toBe('%bytes%caf%E9 100%25');
    expect(aliasOf('plain 100% %E9 😀')).toBe('plain 100% %E9 😀');
    expect(aliasOf('😀\udc80')).toBe('%bytes%😀%80');
  });

  test('is UTF-8, and leads back to the name', () => {
    fc.assert(
      fc.property(names, (name) => {
        const alias = aliasOf(name);
        expect(hasEscapes(alias)).toBe(false);
        expect(nameOf(alias)).toBe(name);
      }),
    );
  });

  test('is nobody else’s name: names that look like one have an alias of their own', () => {
    expect(aliasOf('%bytes%caf%E9')).toBe('%bytes%%25bytes%25caf%25E9');
    expect(nameOf('%bytes%caf%E9')).toBe('caf\udce9');
    for (const never of [
      '%bytes%plain',
      '%bytes%%e9',
      '%bytes%%41\udce9',
      '%bytes%%C3%A9',
      '%bytes%',
    ]) {
      expect(nameOf(never)).toBeUndefined();
    }
  });

  test('stands in link targets too, component by component', () => {
    expect(aliasOfTarget('../a/\udcff/b')).toBe('../a/%bytes%%FF/b');
    expect(aliasOfTarget('/usr/share')).toBe('/usr/share');
  });
});
