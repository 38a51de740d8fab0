import fc from 'fast-check';
import type { EntryMetadata, EntryType } from '../../src/archive/index.js';

/** Names as they come from bytes: valid text, with lone surrogates for bytes that are not UTF-8. */
export const name = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      fc.constantFrom('\udcff', '\udc80', 'a'.repeat(60), 'é', ' ', '\n', '"', '\\', "'"),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join('').replaceAll('\0', '0'));

/** Paths in our form, the root among them. */
export const path = fc
  .array(
    name.map((text) => text.replaceAll('/', '|').replace(/^\.{1,2}$/, 'dots')),
    { maxLength: 4 },
  )
  .map((components) => components.join('/'));

export const metadata: fc.Arbitrary<EntryMetadata> = fc
  .record({
    path,
    type: fc.constantFrom<EntryType>('reg', 'dir', 'sym', 'fifo', 'chr', 'blk'),
    mode: fc.nat(0o7777),
    uid: fc.oneof(fc.nat(1000), fc.nat(0xffffffff)),
    gid: fc.oneof(fc.nat(1000), fc.nat(0xffffffff)),
    userName: fc.oneof(fc.constant('root'), name),
    groupName: fc.oneof(fc.constant(''), name),
    mtimeSeconds: fc.oneof(fc.nat(), fc.maxSafeNat()),
    linkTarget: name,
    device: fc.record({ major: fc.nat(4095), minor: fc.nat(0xfffff) }),
  })
  .map(({ linkTarget, device, ...entry }) => {
    if (entry.type === 'sym') return { ...entry, linkTarget };
    return entry.type === 'chr' || entry.type === 'blk' ? { ...entry, device } : entry;
  });
