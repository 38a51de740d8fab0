import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendPiece,
  IndexEncoder,
  IndexParser,
  packBlocks,
  piecesOf,
} from '../../src/archive/index.js';
import type {
  IndexCounts,
  IndexedEntry,
  IndexEntry,
  IndexHeader,
  IndexVolume,
  Piece,
  PieceRun,
} from '../../src/archive/index.js';
import { isDuplifsError } from '../../src/base/index.js';
import { metadata, path } from './arbitraries.js';

interface Index {
  readonly header: IndexHeader;
  readonly records: readonly (IndexEntry | IndexVolume)[];
}

const header = { setKey: '20231114T221320Z', producer: 'duplifs test' };

function encode(records: readonly (IndexEntry | IndexVolume)[]): Buffer {
  const chunks: Buffer[] = [];
  const encoder = new IndexEncoder(header, (chunk) => chunks.push(chunk));
  for (const record of records) {
    if ('number' in record) encoder.volume(record);
    else encoder.entry(record);
  }
  encoder.end();
  return Buffer.concat(chunks);
}

function decode(...pieces: Buffer[]): Index & { counts: IndexCounts } {
  const records: (IndexEntry | IndexVolume)[] = [];
  let found: IndexHeader | undefined;
  const parser = new IndexParser('a.index', {
    set: (value) => {
      found = value;
    },
    entry: (entry) => records.push(entry),
    volume: (volume) => records.push(volume),
  });
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    parser.push(lent);
    lent.fill(0xaa); // the chunk is the caller's again
  }
  const counts = parser.end();
  if (found === undefined) throw new Error('an index without a set');
  return { header: found, records, counts };
}

function volumeOf(number: number, plaintextLength: number, blockLength: number): IndexVolume {
  const blocks = [];
  for (let at = 0; at < plaintextLength; at += blockLength) {
    blocks.push({
      plaintextOffset: at,
      plaintextLength: Math.min(blockLength, plaintextLength - at),
      fileOffset: Math.floor(at / 3),
      fileLength: 1000,
      digest: createHash('sha256').update(`${number} ${at}`).digest().subarray(0, 16),
    });
  }
  return {
    number,
    fileName: `duplicity-full.20231114T221320Z.vol${number}.difftar.gpg`,
    fileSize: plaintextLength + 1000,
    sha1: createHash('sha1').update(String(number)).digest(),
    sessionKey: { algorithm: 9, key: createHash('sha256').update('key').digest() },
    table: {
      container: 'gpg',
      plaintextLength,
      layout: { compression: 'zip', dataOffset: 271, partBytes: 13, bodyBytes: 4 },
      blocks: packBlocks(blocks),
    },
  };
}

function volumeWithoutBlocks(plaintextLength: number): IndexVolume['table'] {
  return { ...volumeOf(1, 0, 1).table, plaintextLength };
}

/** Pieces of files as they follow each other in volumes 1 to 3, with the runs that they make. */
const runs: fc.Arbitrary<PieceRun[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(3000), fc.constantFrom(1, 1, 1, 2, 40)), {
    maxLength: 6,
  })
  .map((parts) => {
    const list: PieceRun[] = [];
    const ends = [0, 0, 0, 0];
    for (const [volume, length, count] of parts.sort(([a], [b]) => a - b)) {
      for (let i = 0; i < count; i += 1) {
        const offset = Math.ceil((ends[volume] ?? 0) / 512) * 512 + 512;
        appendPiece(list, { volume, offset, length });
        ends[volume] = offset + length;
      }
    }
    return list;
  });
const total = (list: readonly PieceRun[]): number =>
  list.reduce((sum, run) => sum + run.length * run.count, 0);
const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record({ kind: fc.constant('deleted' as const), path }),
  fc
    .record({
      entry: metadata,
      runs,
      isDiff: fc.boolean(),
      size: fc.maxSafeNat(),
      old: fc.boolean(),
    })
    .map(({ entry, runs, isDiff, size, old }): IndexEntry => {
      const mtimeSeconds = old && entry.mtimeSeconds > 0 ? -entry.mtimeSeconds : entry.mtimeSeconds;
      const common = { ...entry, mtimeSeconds };
      if (entry.type !== 'reg') return { ...common, kind: 'snapshot', size: 0, runs: [] };
      if (isDiff) return { ...common, kind: 'diff', size, runs };
      return { ...common, kind: 'snapshot', size: total(runs), runs };
    }),
);
const volumes = [1, 2, 3].map((number) => volumeOf(number, 20_000_000, 1 << 20));

const run: PieceRun = { volume: 1, offset: 512, length: 10, count: 1, stride: 0 };
const file: IndexedEntry = {
  ...{ path: 'a', type: 'reg', mode: 0o644, uid: 0, gid: 0, userName: 'root', groupName: 'root' },
  ...{ mtimeSeconds: 1_690_000_000, kind: 'snapshot', size: 10, runs: [run] },
};

describe('an index', () => {
  it('gives back what was put in, however its bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.array(fc.nat(4000)), (entries, cuts) => {
        const records = [...entries.slice(0, 3), ...volumes, ...entries.slice(3)];
        const bytes = encode(records);
        const deletions = entries.filter(({ kind }) => kind === 'deleted').length;
        const counts = { entries: entries.length - deletions, deletions, volumes: 3 };
        expect(decode(bytes)).toEqual({ header, records, counts });
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect(decode(...pieces).records).toEqual(records);
      }),
    );
  });

  it('is the worked example of the format, byte for byte', () => {
    const volume: IndexVolume = {
      ...{ number: 1, fileName: 'v', fileSize: 1024, sha1: Buffer.alloc(20, 1) },
      table: {
        container: 'plain',
        plaintextLength: 1024,
        blocks: packBlocks([
          {
            ...{ plaintextOffset: 0, plaintextLength: 1024, fileOffset: 0, fileLength: 1024 },
            digest: Buffer.alloc(16, 3),
          },
        ]),
      },
    };
    const chunks: Buffer[] = [];
    const encoder = new IndexEncoder({ setKey: 'T', producer: 'p' }, (chunk) => chunks.push(chunk));
    encoder.entry({ ...file, path: 'a/b', size: 6, runs: [{ ...run, length: 6 }] });
    encoder.entry({ kind: 'deleted', path: 'a/c' });
    encoder.volume(volume);
    encoder.end();
    const body = Buffer.from(
      [
        ...[
          '6475706c6966732d696e64657800',
          '01',
          '0104',
          '0154',
          '0170',
          '031f',
          '00',
          '0003612f62',
        ],
        ...['a403', '80b5eda506', '000004726f6f7404726f6f74', '0601', '02020601', '0403', '010163'],
        ...['0255', '01', '0176', '8008', '01'.repeat(20), '00'.repeat(32), '00', '0000', '8008'],
        ...['00', '01', '8008008008', '03'.repeat(16)],
      ].join(''),
      'hex',
    );
    const sum = createHash('sha256').update(body).digest();
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat([body, Buffer.of(0, 35, 1, 1, 1), sum]));
  });

  it('writes what neighbours share once', () => {
    const folder = 'a/rather/long/folder/name';
    const entries = ['', '/x', '/x/y', '/x/z', '/xx', '-'].map((end, i) => ({
      ...file,
      path: folder + end,
      runs: [{ ...run, offset: 512 + 1024 * i }],
    }));
    const alone = encode([file, volumeOf(1, 10_000, 10_000)]).length;
    const bytes = encode([file, volumeOf(1, 10_000, 10_000), ...entries]);
    expect(decode(bytes).records.slice(2)).toEqual(entries);
    expect(bytes.length - alone).toBeLessThan(25 * entries.length + folder.length);
  });

  it('of a set without entries is an index too', () => {
    expect(decode(encode([]))).toEqual({
      ...{ header, records: [], counts: { entries: 0, deletions: 0, volumes: 0 } },
    });
  });

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

  it('is not written with places or digests that cannot be', () => {
    const unaligned = { ...file, runs: [{ ...run, offset: 100 }] };
    expect(() => encode([unaligned])).toThrow(RangeError);
    expect(() => encode([{ ...volumeOf(1, 10, 10), sha1: Buffer.alloc(3) }])).toThrow(RangeError);
  });

  it('of 57,000 entries is small and quick to read', () => {
    const entries = Array.from({ length: 57_000 }, (_, i) => ({
      ...file,
      path: `folder-${Math.floor(i / 50)}/file-${i}.txt`,
      mtimeSeconds: 1_690_000_000 + i * 977,
      runs: [{ ...run, offset: 512 + 1024 * i }],
    }));
    const bytes = encode([...entries, volumeOf(1, 57_000 * 1024, 262144)]);
    expect(bytes.length / entries.length).toBeLessThan(40);
    const started = performance.now();
    expect(decode(bytes).counts.entries).toBe(57_000);
    expect(performance.now() - started).toBeLessThan(2000); // 0.1 s on an idle machine
  });
});

describe('runs of pieces', () => {
  const piece = fc.record({
    volume: fc.constantFrom(1, 2),
    offset: fc.nat(20).map((n) => n * 66048),
    length: fc.constantFrom(65536, 65536, 10),
  });

  it('are the pieces that they were made of', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const list: PieceRun[] = [];
        for (const one of pieces) appendPiece(list, one);
        expect([...piecesOf(list)]).toEqual(pieces);
      }),
    );
  });

  it('take one run for the pieces of a long file in one volume', () => {
    const list: PieceRun[] = [];
    const at = (i: number): Piece => ({ volume: 1, offset: 512 + i * 66048, length: 65536 });
    for (let i = 0; i < 3000; i += 1) appendPiece(list, at(i));
    appendPiece(list, { ...at(3000), length: 12 });
    expect(list.map(({ count }) => count)).toEqual([3000, 1]);
  });
});
