/** Index files that are cut, harmed or made up: each is an error that names the file. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndexVolume } from '../../src/archive/index.js';
import { isDuplifsError } from '../../src/base/index.js';
import { decode, encode, file, run, volumeOf, volumeWithoutBlocks } from './index-files.js';

describe('an index', () => {
  const small = encode([
    ...[{ ...file, path: '', type: 'dir', size: 0, runs: [] } as const, file],
    ...[{ kind: 'deleted', path: 'caf\udce9/x' } as const, volumeOf(1, 3000, 1000)],
  ]);

  it('cut anywhere is an error that names the file', () => {
    for (let length = 0; length < small.length; length += 1) {
      expect(() => decode(small.subarray(0, length))).toThrow(
        '"a.index" ends before its end record',
      );
    }
    expect(() => decode(small, Buffer.of(0))).toThrow('"a.index" goes on after its end record');
    expect(() => decode(Buffer.concat([small, small]))).toThrow('goes on after');
  });

  it('with any bit flipped is an error that names the file', () => {
    for (let bit = 0; bit < small.length * 8; bit += 1) {
      const bytes = Buffer.from(small);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let error: unknown;
      try {
        decode(bytes);
      } catch (thrown) {
        error = thrown;
      }
      if (!isDuplifsError(error, 'DAMAGED')) throw new Error(`bit ${bit}`, { cause: error });
      expect(error.message).toContain('"a.index"');
    }
  });

  it('of junk is refused at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 15, maxLength: 100 }), (junk) => {
        expect(() => decode(Buffer.from(junk))).toThrow('is not an index');
        const body = Buffer.concat([small.subarray(0, 15), Buffer.from(junk)]);
        expect(() => decode(body)).toThrow('"a.index"');
      }),
    );
  });

  it('of another version says so', () => {
    const bytes = Buffer.from(small);
    bytes[14] = 2;
    expect(() => decode(bytes)).toThrow('of a version that is not known');
  });

  /** An index of hand-made records, with a right checksum. */
  function handMade(counts: number[], ...records: [kind: number, body: Buffer][]): Buffer {
    const framed = records.map(([kind, body]) =>
      Buffer.concat([Buffer.of(kind, body.length), body]),
    );
    const head = small.subarray(0, 15 + 2 + 1 + 16 + 1 + 12);
    const bytes = Buffer.concat([head, ...framed]);
    const sum = createHash('sha256').update(bytes).digest();
    return Buffer.concat([bytes, Buffer.of(0, counts.length + 32, ...counts), sum]);
  }
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  const deletion = (folders: number, name: string): [number, Buffer] => [
    ...([4, Buffer.concat([Buffer.of(folders), text(name)])] as [number, Buffer]),
  ];

  it('may hold records and fields that are not known yet', () => {
    const longer: [number, Buffer] = [
      4,
      Buffer.concat([Buffer.of(0), text('x'), Buffer.from('new')]),
    ];
    const bytes = handMade([0, 1, 0], [99, Buffer.from('anything')], longer);
    expect(decode(bytes).records).toEqual([{ kind: 'deleted', path: 'x' }]);
  });

  const regular = (rest: number[]): [number, Buffer] => [
    ...([3, Buffer.concat([Buffer.of(0x10, 0), text('x'), Buffer.from(rest)])] as [number, Buffer]),
  ];

  it.each<[string, number[], [number, Buffer], string]>([
    ['counts that are wrong', [0, 2, 0], deletion(0, 'x'), 'does not agree with its checksum'],
    ['a path that leads out', [0, 1, 0], deletion(0, '../x'), 'not one inside the backup'],
    ['an absolute path', [0, 1, 0], deletion(0, '/x'), 'not one inside the backup'],
    ['more shared folders than there are', [0, 1, 0], deletion(1, 'x'), 'shares more folders'],
    ['a second set record', [0, 0, 0], [1, Buffer.of(0, 0)], 'does not begin with the set'],
    ['an unknown type', [1, 0, 0], [3, Buffer.of(0x17, 0, 0, 0, 0)], 'unknown type'],
    ['an unknown flag', [1, 0, 0], [3, Buffer.of(0x40, 0, 0, 0, 0)], 'unknown type'],
    ['a delta to a folder', [1, 0, 0], [3, Buffer.of(0x19, 0, 0, 0, 0)], 'a delta to what is no'],
    ['a name longer than its record', [0, 1, 0], [4, Buffer.of(0, 9, 65)], 'too short'],
    [
      'pieces that do not make the size',
      [1, 0, 0],
      regular([0, 0, 5, 1, 2, 2, 4, 1]),
      'make its size',
    ],
    ['more pieces than bytes', [1, 0, 0], regular([0, 0, 5, 100, 2, 2, 5, 1]), 'too short'],
    [
      'a place in a volume that is not there',
      [1, 0, 0],
      regular([0, 0, 5, 1, 2, 2, 5, 1]),
      'volume 1 does not',
    ],
    ['a place before the volume', [1, 0, 0], regular([0, 0, 5, 1, 2, 1, 5, 1]), 'impossible place'],
    ['a place in volume 0', [1, 0, 0], regular([0, 0, 5, 1, 0, 2, 5, 1]), 'impossible place'],
    [
      'endless empty pieces',
      [1, 0, 0],
      regular([0, 0, 0, 1, 2, 2, 0, 255, 255, 255, 127, 1]),
      'impossible place',
    ],
    [
      'a number without end',
      [1, 0, 0],
      regular(Array.from({ length: 20 }, () => 255)),
      'too large',
    ],
    ['a long zero', [1, 0, 0], regular([...Array.from({ length: 20 }, () => 128), 0]), 'too long'],
  ])('with %s is damaged', (_, counts, record, message) => {
    expect(() => decode(handMade(counts, record))).toThrow(message);
  });

  it.each<[string, Partial<IndexVolume>, string]>([
    ['a volume that is there twice', {}, 'twice'],
    ['a volume 0', { number: 0 }, 'impossible volume'],
    [
      'blocks that are too short for their volume',
      { number: 2, table: { ...volumeOf(1, 3000, 1000).table, plaintextLength: 5000 } },
      'do not make',
    ],
    ['a block outside its file', { number: 2, fileSize: 1500 }, 'outside its volume'],
    ['an endless name', { number: 2, fileName: 'x'.repeat(2000) }, 'impossible volume'],
    [
      'places beyond the end',
      { number: 3, table: volumeWithoutBlocks(10) },
      'volume 3 does not have',
    ],
  ])('with %s is damaged', (_, change, message) => {
    const volume = volumeOf(1, 3000, 1000);
    const far = { ...file, runs: [{ ...run, volume: 3 }] };
    const entries = message.startsWith('volume 3') ? [far] : [file];
    expect(() => decode(encode([volume, { ...volume, ...change }, ...entries]))).toThrow(message);
  });
});
