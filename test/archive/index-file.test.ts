import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexEncoder, packBlocks } from '../../src/archive/index.js';
import type { IndexVolume } from '../../src/archive/index.js';
import { indexEntry as entry } from './index-entries.js';
import { decode, encode, file, header, run, volumeOf } from './index-files.js';

const volumes = [1, 2, 3].map((number) => volumeOf(number, 20_000_000, 1 << 20));

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
      number: 1,
      fileName: 'v',
      fileSize: 1024,
      sha1: Buffer.alloc(20, 1),
      table: {
        container: 'plain',
        plaintextLength: 1024,
        blocks: packBlocks([
          {
            plaintextOffset: 0,
            plaintextLength: 1024,
            fileOffset: 0,
            fileLength: 1024,
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
      header,
      records: [],
      counts: { entries: 0, deletions: 0, volumes: 0 },
    });
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
