import { describe, expect, it } from 'vitest';
import {
  encodeDifftarHeader,
  isFirstHeaderOf,
  isHeaderOf,
  maxHeaderBytes,
} from '../../src/archive/index.js';
import type { ExpectedEntry } from '../../src/archive/index.js';
import { metadataOf } from '../support/craft.js';

const whole: ExpectedEntry = { kind: 'snapshot', path: 'd/file', piece: undefined, dataLength: 77 };

/** What stands in front of the data, behind another entry's bytes. */
function frontOf(entry: ExpectedEntry, before = Buffer.alloc(8192, 'x')): Buffer {
  const metadata = metadataOf({ path: entry.path });
  return Buffer.concat([before, encodeDifftarHeader({ ...metadata, ...entry })]);
}

const long = `${'folder-'.repeat(30)}/${'name'.repeat(40)}`;
const hard: readonly (readonly [string, Partial<ExpectedEntry>])[] = [
  ['short', {}],
  ['a delta', { kind: 'diff' }],
  ['a piece', { piece: 12 }],
  ['long', { path: long }],
  ['longer than any path', { path: Array.from({ length: 100 }, () => 'f'.repeat(200)).join('/') }],
  ['just as long as its field', { path: 'n'.repeat(91) }],
  ['not ASCII', { path: 'é/ü' }],
  ['not UTF-8', { path: 'caf\udce9' }],
  ['a question mark', { path: '?' }],
  ['huge', { dataLength: 9 * 2 ** 30 }],
];

describe('the header in front of some data', () => {
  it.each(hard)('is that of the entry when it says so: %s', (_, change) => {
    const entry = { ...whole, ...change };
    const front = frontOf(entry, Buffer.alloc(maxHeaderBytes));
    expect(isHeaderOf(front, entry)).toBe(true);
    expect(isFirstHeaderOf(frontOf(entry, Buffer.alloc(0)), entry)).toBe(true);
    // as far as it can be told from less: never that it is another's
    for (const length of [512, 2048, 16_384]) {
      expect(isHeaderOf(front.subarray(-length), entry)).not.toBe(false);
    }
  });

  it.each(hard)('is not that of an entry that differs in anything: %s', (_, change) => {
    const entry = { ...whole, ...change };
    const front = frontOf(entry, Buffer.alloc(maxHeaderBytes));
    const others: Partial<ExpectedEntry>[] = [
      { kind: entry.kind === 'diff' ? 'snapshot' : 'diff' },
      { path: `${entry.path.slice(0, -1)}#` },
      { path: entry.path.replaceAll(/[^ -~]/g, '?') + (/[^ -~]/.test(entry.path) ? '' : '?') },
      { path: `x${entry.path}` },
      { path: `snapshot/${entry.path}`.slice(0, 100).slice('snapshot/'.length, -1) },
      { piece: (entry.piece ?? 0) + 1 },
      { dataLength: entry.dataLength - 1 },
    ];
    for (const other of others) {
      expect([other, isFirstHeaderOf(front, { ...entry, ...other })]).toEqual([other, false]);
    }
  });

  it('is none where there are other bytes', () => {
    expect(isHeaderOf(Buffer.alloc(512, 'x'), whole)).toBe(false);
    expect(isHeaderOf(Buffer.alloc(512), whole)).toBe(false);
    const cut = frontOf(whole).subarray(0, -1);
    expect(isHeaderOf(cut, whole)).toBe(false);
  });

  it('of a link or a folder is not that of a file', () => {
    const folder = { ...metadataOf({ path: 'd', type: 'dir' }), kind: 'snapshot' as const };
    const header = encodeDifftarHeader({ ...folder, piece: undefined, dataLength: 0 });
    expect(isFirstHeaderOf(header, { ...whole, path: 'd', dataLength: 0 })).toBe(false);
  });
});
