/** Tables of volumes that are one stream from end to end, in the index (docs/index-format.md, "Seek tables"). */
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { IndexEncoder, IndexParser, packBlocks } from '../../src/archive/index.js';
import type { BlockStart, BlockStarts, IndexVolume } from '../../src/archive/index.js';
import { file, header, volumeOf } from './index-files.js';

const blockLength = 700_000;

interface Sample {
  readonly volume: IndexVolume;
  readonly starts: readonly BlockStart[];
}

function sampleOf(number: number, count: number, container: 'continuous-gpg' | 'continuous-gz') {
  const blocks = Array.from({ length: count }, (_, at) => ({
    plaintextOffset: at * blockLength,
    plaintextLength: blockLength,
    fileOffset: 300 + at * 200_000,
    fileLength: 200_011,
    digest: createHash('sha256').update(`${number} ${at}`).digest().subarray(0, 16),
  }));
  const packet = { dataOffset: 90, partBytes: 8192, tailPartBytes: 11, bodyBytes: 5_000_000 };
  const message = {
    encrypted: packet,
    contentOffset: 3,
    literal: packet,
    literalHeaderBytes: 17,
  };
  const starts = blocks.map((_, at) => ({
    bit: at * 1_600_000 + (at % 8),
    inflatedOffset: at * blockLength + 20,
    window: at === 0 ? Buffer.alloc(0) : randomBytes(9000 + at),
  }));
  const volume: IndexVolume = {
    ...volumeOf(number, 0, 1),
    fileSize: 300 + count * 200_000 + 11,
    sessionKey: undefined,
    table: {
      container,
      isDeflated: true,
      message: container === 'continuous-gpg' ? message : undefined,
      plaintextLength: count * blockLength,
      blocks: packBlocks(blocks),
    },
  };
  return { volume, starts };
}

function encode(samples: readonly Sample[]): Buffer {
  const chunks: Buffer[] = [];
  const encoder = new IndexEncoder(header, (chunk) => chunks.push(chunk));
  const length = file.size;
  encoder.entry({ ...file, runs: [{ volume: 1, offset: 512, length, count: 1, stride: 0 }] });
  for (const { volume, starts } of samples) encoder.volume(volume, starts);
  encoder.end();
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, step = bytes.length): Sample[] {
  const found: Sample[] = [];
  let waiting: BlockStart[] = [];
  const parser = new IndexParser('an index', {
    set: () => undefined,
    entry: () => undefined,
    blockStarts: ({ first, starts }: BlockStarts) => {
      expect(first).toBe(waiting.length);
      waiting.push(...starts);
    },
    volume: (volume) => {
      found.push({ volume, starts: waiting });
      waiting = [];
    },
  });
  for (let at = 0; at < bytes.length; at += step) parser.push(bytes.subarray(at, at + step));
  parser.end();
  return found;
}

describe('an index of volumes that are one stream', () => {
  const samples = [
    sampleOf(1, 90, 'continuous-gpg'), // in several records
    sampleOf(2, 1, 'continuous-gz'),
    { volume: volumeOf(3, 5_000_000, 1 << 20), starts: [] },
  ];

  it('gives back each table and where its blocks begin, however its bytes are cut', () => {
    const bytes = encode(samples);
    expect(briefly(decode(bytes))).toEqual(briefly(samples));
    expect(briefly(decode(bytes, 777))).toEqual(briefly(samples));
  });

  it('is, to who skips the records that it does not know, one of volumes without blocks', () => {
    const bytes = encode(samples);
    const kinds: number[] = [];
    // the frames as a reader of an older version sees them
    for (let at = bytes.indexOf(0, 0) + 2; at < bytes.length;) {
      const [kind, afterKind] = numberAt(bytes, at);
      const [length, body] = numberAt(bytes, afterKind);
      kinds.push(kind);
      at = body + length;
    }
    expect(kinds.slice(0, 3)).toEqual([1, 3, 2]);
    expect(kinds.filter((kind) => kind === 7).length).toBeGreaterThan(2);
  });

  it('is damaged where a table does not make up its volume', () => {
    const [sample] = samples;
    if (sample === undefined) throw new Error('no sample');
    const { volume, starts } = sample;
    const table = { ...volume.table, plaintextLength: volume.table.plaintextLength + 1 };
    const bytes = encode([{ volume: { ...volume, table }, starts }]);
    expect(() => decode(bytes)).toThrow("do not make their volume's length");
  });

  it('cannot be made without a place for each block', () => {
    const { volume, starts } = sampleOf(1, 3, 'continuous-gz');
    expect(() => encode([{ volume, starts: starts.slice(1) }])).toThrow('without a place');
  });
});

function numberAt(bytes: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  let scale = 1;
  for (let at = start; ; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte < 0x80) return [value, at + 1];
  }
}

/** With a sum for each window: to compare so many bytes one by one takes seconds. */
function briefly(samples: readonly Sample[]): unknown {
  const sumOf = (window: Buffer): string => createHash('sha1').update(window).digest('hex');
  return samples.map(({ volume, starts }) => ({
    volume,
    starts: starts.map((start) => ({ ...start, window: sumOf(start.window) })),
  }));
}
