import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DifftarParser,
  encodeDifftarHeader,
  encodeTarEntry,
  paddingLength,
  volumeEnd,
} from '../../src/archive/index.js';
import type { ContentEntry, DifftarEntry, UnusableEntry } from '../../src/archive/index.js';
import { comparePaths, decodeName, isDuplifsError } from '../../src/base/index.js';
import { hasDuplicity, makeChain } from './duplicity.js';
import type { Chain } from './duplicity.js';
import { metadata } from './arbitraries.js';

type Parsed = DifftarEntry & { dataOffset: number; headerOffset: number; data: Buffer };

function parse(...pieces: Buffer[]): Parsed[] {
  const { entries, unusable } = parseAll(...pieces);
  expect(unusable).toEqual([]);
  return entries;
}

/** Between two ordinary entries. */
function parseOdd(odd: Buffer): UnusableEntry[] {
  const between = [tarOf('snapshot/before', '0', 3), odd, tarOf('snapshot/z', '0', 3)];
  const { entries, unusable } = parseAll(Buffer.concat(between));
  expect(entries.map(({ path, data }) => [path, data.length])).toEqual([
    ['before', 3],
    ['z', 3],
  ]);
  return unusable;
}

function parseAll(...pieces: Buffer[]): { entries: Parsed[]; unusable: UnusableEntry[] } {
  const unusable: UnusableEntry[] = [];
  const entries: Parsed[] = [];
  let data: Buffer[] = [];
  let begun: Omit<Parsed, 'data'> | undefined;
  const parser = new DifftarParser('vol1.difftar', {
    entry(entry, dataOffset, headerOffset) {
      begun = { ...entry, dataOffset, headerOffset };
      data = [];
    },
    data: (chunk) => data.push(Buffer.from(chunk)),
    entryEnd: () => entries.push({ ...begun, data: Buffer.concat(data) } as Parsed),
    unusable: (entry) => unusable.push(entry),
  });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return { entries, unusable };
}

const file: ContentEntry = {
  path: 'a',
  type: 'reg',
  mode: 0o644,
  uid: 0,
  gid: 0,
  userName: 'root',
  groupName: 'root',
  mtimeSeconds: 1_690_000_000,
  kind: 'snapshot',
  piece: undefined,
  dataLength: 0,
};

/** A tar of one empty entry of this name and type. */
function tarOf(name: string, typeflag: string, size = 0, linkName = ''): Buffer {
  const numbers = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, deviceMajor: 0, deviceMinor: 0 };
  const header = { name, typeflag, size, linkName, userName: '', groupName: '', ...numbers };
  return Buffer.concat([encodeTarEntry(header), Buffer.alloc(size + paddingLength(size))]);
}

/** Makes the checksum of a header right again. */
function mendChecksum(tar: Buffer): void {
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

const entries = fc.oneof(
  fc.record({ kind: fc.constant('deleted' as const), path: metadata.map((entry) => entry.path) }),
  metadata.map((entry): DifftarEntry => ({
    ...entry,
    kind: 'snapshot',
    piece: undefined,
    dataLength: 0,
  })),
  fc
    .record({
      entry: metadata,
      kind: fc.constantFrom('snapshot' as const, 'diff' as const),
      piece: fc.option(fc.nat(), { nil: undefined }),
    })
    .filter(({ entry }) => entry.type === 'reg')
    .map(({ entry, kind, piece }): DifftarEntry => ({ ...entry, kind, piece, dataLength: 0 })),
);

describe('a difftar entry', () => {
  it('is what it was after encoding and decoding', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const [parsed] = parse(encodeDifftarHeader(entry));
        expect(parsed).toMatchObject(entry);
      }),
    );
  });

  it.each([
    ['snapshot/./', '5', { path: '', type: 'dir', kind: 'snapshot', piece: undefined }],
    ['snapshot/', '5', { path: '', type: 'dir', kind: 'snapshot' }],
    ['snapshot/', '0', { path: '', type: 'reg', kind: 'snapshot' }],
    ['diff/', '0', { path: '', type: 'reg', kind: 'diff' }],
    ['multivol_snapshot/./2', '0', { path: '', type: 'reg', kind: 'snapshot', piece: 2 }],
    ['multivol_snapshot/b/1', '0', { path: 'b', kind: 'snapshot', piece: 1 }],
    ['multivol_diff/1/2/30', '0', { path: '1/2', kind: 'diff', piece: 30 }],
    ['snapshot/a/1', '0', { path: 'a/1', kind: 'snapshot', piece: undefined }],
    ['snapshot/...', '0', { path: '...' }],
    ['deleted/a/b', '0', { path: 'a/b', kind: 'deleted' }],
    ['snapshot/link', '2', { path: 'link', type: 'sym', linkTarget: '../x' }],
  ])('named %s of type %s is understood', (name, typeflag, expected) => {
    const [parsed] = parse(tarOf(name, typeflag, 0, typeflag === '2' ? '../x' : ''));
    expect(parsed).toMatchObject(expected);
  });

  it.each([
    ['snapshot/../x', '0'],
    ['snapshot/a/..', '0'],
    ['snapshot/..', '5'],
    ['snapshot//etc/passwd', '0'],
    ['snapshot/a//b', '0'],
    ['snapshot/a/./b', '0'],
    ['snapshot/a//', '5'],
    ['snapshot/a', '1'],
    ['snapshot/a', '8'],
    ['diff/a', '5'],
    ['multivol_snapshot/a/1', '5'],
    ['multivol_snapshot/a', '0'],
    ['multivol_snapshot/1', '0'],
    ['multivol_snapshot/a/x', '0'],
    ['multivol_snapshot/../1', '0'],
    ['deleted/../a', '0'],
    ['deleted', '0'],
    ['snapshot', '5'],
    ['/snapshot/a', '0'],
    ['toString/a', '0'],
    ['signature/a', '0'],
    ['a', '0'],
  ])('named %s of type %s is told of by its name, and the others are read', (name, typeflag) => {
    const size = typeflag === '0' ? 3 : 0;
    expect(parseOdd(tarOf(name, typeflag, size))).toMatchObject([{ name }]);
  });

  it('with a NUL in its path or its link target cannot be used', () => {
    expect(parseOdd(tarOf('snapshot/é\0', '0'))).toMatchObject([{ path: undefined }]);
    const reason = 'whose link target holds a NUL';
    expect(parseOdd(tarOf('snapshot/x', '2', 0, 'é\0'))).toMatchObject([{ path: 'x', reason }]);
  });

  it('that is deleted and has content cannot be used', () => {
    const reason = 'that is deleted and has content';
    expect(parseOdd(tarOf('deleted/x', '0', 5))).toMatchObject([{ path: 'x', reason }]);
  });

  it('that is a piece without a number is of the path before it', () => {
    expect(parseOdd(tarOf('multivol_snapshot/a/x', '0', 4))).toMatchObject([{ path: 'a' }]);
  });

  it.each([
    [100, 'mode'],
    [108, 'uid'],
    [116, 'gid'],
    [136, 'mtime'],
  ])('with a bad number at byte %i loses itself alone', (at, what) => {
    const odd = tarOf('snapshot/odd', '0', 700);
    odd.write('8z9', at, 'latin1');
    mendChecksum(odd);
    expect(parseOdd(odd)).toMatchObject([{ path: 'odd', reason: `with a bad ${what}` }]);
  });

  it('that is sparse in the way of GNU tar loses itself alone, with the records of its map', () => {
    const head = tarOf('snapshot/odd', 'S', 700);
    head[482] = 1;
    mendChecksum(head);
    const more = Buffer.alloc(512);
    more[504] = 1;
    const odd = Buffer.concat([head.subarray(0, 512), more, Buffer.alloc(512), head.subarray(512)]);
    expect(parseOdd(odd)).toMatchObject([{ path: 'odd', reason: 'that is sparse' }]);
    expect(parseOdd(tarOf('snapshot/odd', 'S', 700))).toMatchObject([{ path: 'odd' }]);
  });

  it('with a bad size is damage: where the next one begins cannot be told', () => {
    const odd = tarOf('snapshot/odd', '0', 700);
    odd.write('8z9', 124, 'latin1');
    mendChecksum(odd);
    expect(() => parseAll(odd)).toThrow('"vol1.difftar" holds a tar header with a bad size');
  });
});

describe('a difftar', () => {
  const tar = Buffer.concat([
    encodeDifftarHeader({ ...file, path: '', type: 'dir' }),
    encodeDifftarHeader({ ...file, path: 'caf\udce9', piece: 1, dataLength: 700 }),
    Buffer.alloc(1024, 65),
    encodeDifftarHeader({ kind: 'deleted', path: 'z' }),
  ]);

  it('gives the same entries however its bytes are cut', () => {
    const whole = parse(tar);
    expect(whole.map((entry) => [entry.path, entry.data.length])).toEqual([
      ['', 0],
      ['caf\udce9', 700],
      ['z', 0],
    ]);
    expect(whole[1]).toMatchObject({ headerOffset: 512, dataOffset: 2048 });
    fc.assert(
      fc.property(fc.array(fc.nat(tar.length), { maxLength: 9 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), tar.length];
        expect(parse(...at.slice(1).map((end, i) => tar.subarray(at[i], end)))).toEqual(whole);
      }),
    );
  });

  it('with bits flipped is an error or another difftar, and never a crash', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(tar.length * 8 - 1), { minLength: 1, maxLength: 3 }), (bits) => {
        const bytes = Buffer.from(tar);
        for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        try {
          parseAll(bytes);
        } catch (error) {
          if (!isDuplifsError(error, 'DAMAGED')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('ends with zeros to a full record when encrypted, with nothing otherwise', () => {
    expect(volumeEnd(6144, false)).toHaveLength(0);
    expect(volumeEnd(6144, true)).toEqual(Buffer.alloc(4096));
    expect(volumeEnd(0, true)).toHaveLength(10240);
    expect(volumeEnd(10240, true)).toHaveLength(10240);
    expect(volumeEnd(10240 - 512, true)).toHaveLength(512);
  });
});

describe.runIf(hasDuplicity)("duplicity's volumes", () => {
  let chain: Chain;
  beforeAll(() => {
    chain = makeChain(['--no-encryption', '--no-compression']);
  });
  afterAll(() => {
    chain.remove();
  });

  it('are written by us to the byte', () => {
    const volumes = chain.files(/difftar$/);
    expect(volumes.length).toBeGreaterThan(2);
    for (const { bytes } of volumes) {
      const parts = parse(bytes).flatMap((entry) => {
        const padding = Buffer.alloc(paddingLength(entry.data.length));
        return [encodeDifftarHeader(entry), entry.data, padding];
      });
      expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    }
  });

  it('hold every path of the tree in order, with its metadata and content', () => {
    const full = chain.files(/full.*difftar$/).flatMap(({ bytes }) => parse(bytes));
    const paths = full.map((entry) => entry.path);
    expect(paths).toEqual([...paths].sort(comparePaths));
    for (const name of ['names/caf\udce9', 'names/日本語', 'names/\udcff\udcfe-dir/inner']) {
      expect(paths).toContain(name);
    }
    const pieces = full.filter((entry) => entry.path === 'sizes/1100000');
    const content = Buffer.concat(pieces.map((entry) => entry.data));
    expect(pieces.map((entry) => entry.kind === 'snapshot' && entry.piece)).toEqual(
      Array.from({ length: 17 }, (_, i) => i + 1),
    );
    expect(content).toHaveLength(1_100_000);
    const link = full.find((entry) => entry.path === 'links/latin1');
    expect(link).toMatchObject({
      type: 'sym',
      linkTarget: decodeName(Buffer.from('caf\xe9', 'latin1')),
    });
    const [inc] = chain.files(/inc.*difftar$/);
    const kinds = parse(inc?.bytes ?? Buffer.alloc(0)).map(
      (entry) => `${entry.kind} ${entry.path}`,
    );
    expect(kinds).toEqual(
      expect.arrayContaining([
        'deleted gone',
        'deleted gone/later',
        'diff sizes/1100000',
        'snapshot links/rel',
      ]),
    );
  });
});

describe.runIf(hasDuplicity)("duplicity's encrypted volumes", () => {
  let chain: Chain;
  beforeAll(() => {
    chain = makeChain([]);
  });
  afterAll(() => {
    chain.remove();
  });

  it('are the same, closed with zeros, and what follows those is not looked at', () => {
    let volumes = 0;
    for (const { name } of chain.files(/difftar.gpg$/)) {
      const home = fs.mkdtempSync(path.join(os.tmpdir(), 'duplifs-gnupg-'));
      const stored = `${chain.source}/../target/${name}`;
      const args = [
        '--homedir',
        home,
        '--batch',
        '--passphrase',
        'test',
        '--pinentry-mode',
        'loopback',
      ];
      const options = { stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] };
      const bytes = execFileSync('gpg', [...args, '-d', stored], {
        ...options,
        maxBuffer: 1 << 24,
      });
      fs.rmSync(home, { recursive: true });
      const parts = parse(bytes).flatMap((entry) => {
        const padding = Buffer.alloc(paddingLength(entry.data.length));
        return [encodeDifftarHeader(entry), entry.data, padding];
      });
      const body = Buffer.concat(parts);
      const ours = Buffer.concat([body, volumeEnd(body.length, true)]);
      expect(ours.equals(bytes.subarray(0, ours.length))).toBe(true);
      volumes += 1;
    }
    expect(volumes).toBeGreaterThan(1);
  });
});
