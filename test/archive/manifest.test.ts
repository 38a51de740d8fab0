import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatManifest,
  ManifestParser,
  parseManifest,
  volumesForEntry,
  volumesForPath,
} from '../../src/archive/index.js';
import type { Manifest, ManifestVolume } from '../../src/archive/index.js';
import { encodeName, isDuplifsError } from '../../src/base/index.js';
import { name, path } from './arbitraries.js';

const sha1 = 'd745909bf4b9395969963551c1ca3cffe623326c';

/** A record that can be changed a little by each test. */
const record = ['Volume 1:', '    StartingPath   .  ', '    EndingPath     sub/data  '];
const withHash = [...record, `    Hash SHA1 ${sha1}`];

function parse(lines: readonly string[]): Manifest {
  return parseManifest(encodeName(lines.map((line) => `${line}\n`).join('')), 'a.manifest');
}

const hash = fc.record({
  algorithm: fc.constantFrom('SHA1' as const, 'MD5' as const),
  hex: fc.constant(sha1),
});
const volume = fc.record(
  { startPath: path, startBlock: fc.nat(), endPath: path, endBlock: fc.nat(), hash },
  { requiredKeys: ['startPath', 'endPath'] },
);
const manifests: fc.Arbitrary<Manifest> = fc.record(
  {
    hostname: fc.domain(),
    localDir: name,
    volumes: fc
      .array(volume, { maxLength: 5 })
      .map((list): ManifestVolume[] => list.map((one, i) => ({ number: i + 1, ...one }))),
    fileList: fc.array(
      fc.record({
        change: fc.constantFrom('new' as const, 'changed' as const, 'deleted' as const),
        path,
      }),
      { maxLength: 5 },
    ),
  },
  { requiredKeys: ['volumes'] },
);

describe('a manifest', () => {
  it('is what it was after formatting and parsing, however its bytes are cut', () => {
    fc.assert(
      fc.property(manifests, fc.array(fc.nat(1000), { maxLength: 5 }), (manifest, cuts) => {
        const bytes = formatManifest(manifest);
        const read = manifest.fileList === undefined ? manifest : { ...manifest, isClosed: true };
        expect(parseManifest(bytes, 'a.manifest')).toEqual(read);
        const parser = new ManifestParser('a.manifest');
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        at.slice(1).forEach((end, i) => {
          parser.push(bytes.subarray(at[i], end));
        });
        expect(parser.end()).toEqual(read);
      }),
    );
  });

  it('is the worked example of the format, byte for byte', () => {
    const manifest: Manifest = {
      hostname: 'vm',
      localDir: '/home/me',
      volumes: [
        {
          number: 1,
          startPath: '',
          endPath: 'big/image.bin',
          endBlock: 15,
          hash: { algorithm: 'SHA1', hex: sha1 },
        },
        { number: 2, startPath: 'big/image.bin', startBlock: 16, endPath: 'sub/x y' },
      ],
      fileList: [
        { change: 'new', path: 'hello.txt' },
        { change: 'changed', path: 'sub/caf\udce9\u00a0\x07' },
        { change: 'deleted', path: 'a b"c\\d' },
      ],
    };
    const lines = [
      ...['Hostname vm', 'Localdir /home/me', 'Volume 1:', '    StartingPath   .  '],
      ...['    EndingPath     big/image.bin 15', `    Hash SHA1 ${sha1}`, 'Volume 2:'],
      ...['    StartingPath   big/image.bin 16', '    EndingPath     "sub/x\\x20y"  '],
      ...['Filelist 3', '    new      hello.txt', '    changed  sub/caf\udce9\u00a0\x07'],
      ...['    deleted  "a\\x20b\\x22c\\x5cd"', ''],
    ];
    expect(formatManifest(manifest)).toEqual(encodeName(lines.join('\n')));
    expect(parseManifest(encodeName(lines.join('\n')), 'x')).toEqual({
      ...manifest,
      isClosed: true,
    });
  });

  it('of no bytes has no volumes', () => {
    expect(parse([])).toEqual({ volumes: [] });
  });

  const expected = {
    volumes: [
      { number: 1, startPath: '', endPath: 'sub/data', hash: { algorithm: 'SHA1', hex: sha1 } },
    ],
  };

  it.each<[string, string[]]>([
    [
      'field names in any case',
      withHash.map((line) => line.replace(/[A-Z]\w+/, (word) => word.toUpperCase())),
    ],
    [
      'tabs between fields',
      withHash.map((line) => (line.startsWith(' ') ? line.replace(/ +/g, '\t') : line)),
    ],
    [
      'unknown fields and lines',
      ['Colour blue', ...withHash, '    Size 12', 'Nonsense', '    x y'],
    ],
    ['text after the volume number', ['Volume 1: and more', ...withHash.slice(1)]],
    ['trailing blanks cut', withHash.map((line) => line.trimEnd())],
    ['a second, unknown hash', [...withHash, '    Hash SHA256 00']],
    ['an MD5 too', [...withHash, '    Hash MD5 00']],
    ['its hash in upper case', [...record, `    Hash SHA1 ${sha1.toUpperCase()}`]],
  ])('with %s is accepted', (_, lines) => {
    expect(parse(lines)).toEqual(expected);
  });

  it('without its last line feed is accepted', () => {
    expect(parseManifest(Buffer.from(withHash.join('\n')), 'x')).toEqual(expected);
  });

  it('may have its file list before the volumes, and any number in its first line', () => {
    const fileList = [{ change: 'new', path: 'x' }];
    expect(parse(['Filelist 1', '    new      x', ...withHash])).toEqual({ ...expected, fileList });
    expect(parse(['Filelist 9', '    new      x', ...withHash])).toEqual({ ...expected, fileList });
    expect(parse([...withHash, 'Filelist 0'])).toEqual({
      ...expected,
      fileList: [],
      isClosed: true,
    });
  });

  it('cannot have lost a volume where its list of files stands behind them', () => {
    expect(parse(withHash).isClosed).toBeUndefined();
    expect(parse(['Filelist 0', ...withHash]).isClosed).toBeUndefined();
    expect(parse([...withHash, 'Filelist 1', '    new      x']).isClosed).toBe(true);
  });

  it('that ends within its list of files is damaged', () => {
    expect(() => parse([...withHash, 'Filelist 2', '    new      x'])).toThrow(
      'Line 6 of "a.manifest" is the last, and more files should follow it',
    );
    expect(() => parse([...withHash, 'Filelist 1'])).toThrow('Line 5 of "a.manifest" is the last');
  });

  it('keeps a volume whose hash cannot be used', () => {
    const bare = { number: 1, startPath: '', endPath: 'sub/data' };
    expect(parse(record).volumes).toEqual([bare]);
    expect(parse([...record, '    Hash SHA256 00']).volumes).toEqual([bare]);
    expect(parse([...record, `    Hash SHA1 ${sha1.slice(1)}`]).volumes).toEqual([bare]);
    const md5 = '0a'.repeat(16);
    expect(parse([...record, `    Hash MD5 ${md5}`]).volumes[0]?.hash).toEqual({
      algorithm: 'MD5',
      hex: md5,
    });
  });

  it('of a resumed backup: the last record of a volume counts, and higher ones before it do not', () => {
    const again = (number: number, end: string): string[] => [
      ...[`Volume ${number}:`, '    StartingPath   .  ', `    EndingPath     ${end}  `],
    ];
    const lines = [
      again(1, 'a'),
      again(2, 'b'),
      again(3, 'c'),
      again(2, 'bb'),
      again(3, 'cc'),
    ].flat();
    expect(parse(lines).volumes.map(({ number, endPath }) => [number, endPath])).toEqual([
      [1, 'a'],
      [2, 'bb'],
      [3, 'cc'],
    ]);
    expect(parse([again(1, 'a'), again(2, 'b'), again(1, 'aa')].flat()).volumes).toHaveLength(1);
  });

  it.each<[string, string[], number, string]>([
    [
      'two blanks before a volume number',
      ['Volume  1:', ...withHash.slice(1)],
      1,
      'begins a volume',
    ],
    ['a volume without a number', ['Volume one:', ...withHash.slice(1)], 1, 'begins a volume'],
    ['volume 0', ['Volume 0:', ...withHash.slice(1)], 1, 'impossible volume number'],
    ['an enormous volume number', ['Volume 999999999:'], 1, 'impossible volume number'],
    [
      'no starting path',
      ['Hostname x', ...withHash.filter((_, i) => i !== 1)],
      2,
      'without a starting',
    ],
    [
      'no ending path',
      [...withHash.filter((_, i) => i !== 2), 'Filelist 0'],
      1,
      'without a starting',
    ],
    ['CR LF line ends', withHash.map((line) => `${line}\r`), 1, 'CR LF'],
    ['an unclosed quote', ['Volume 1:', '    StartingPath   "a  '], 2, 'quotes do not close'],
    ['only a quote', ['Volume 1:', '    StartingPath   "  '], 2, 'quotes do not close'],
    ['a bad escape', ['Volume 1:', '    StartingPath   "a\\x2"  '], 2, 'bad escape'],
    ['a lone backslash', ['Volume 1:', '    StartingPath   "\\"  '], 2, 'bad escape'],
    ['a path that leads out', ['Volume 1:', '    StartingPath   ../x  '], 2, 'not one inside'],
    ['a NUL in a path', ['Filelist 1', '    new      "a\\x00b"'], 2, 'not one inside'],
    ['a block that is no number', ['Volume 1:', '    StartingPath   a x'], 2, 'bad block number'],
    ['an endless line', [...withHash, 'x'.repeat(2 << 20)], 5, 'too long'],
  ])('with %s is damage that names file and line', (_, lines, at, message) => {
    expect(() => parse(lines)).toThrow(`Line ${at} of "a.manifest"`);
    expect(() => parse(lines)).toThrow(message);
  });

  it('with a line of blanks without end is read at once', () => {
    const started = performance.now();
    expect(parse([...withHash, `x${' '.repeat(1_000_000)}y`])).toEqual(expected);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('with anything changed is an error or another manifest, and never a crash', () => {
    const bytes = encodeName([...withHash, 'Filelist 1', '    new      "x\\x20"'].join('\n'));
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.uint8Array({ maxLength: 4 }), (at, change) => {
        try {
          const parts = [bytes.subarray(0, at), Buffer.from(change), bytes.subarray(at + 2)];
          parseManifest(Buffer.concat(parts), 'a.manifest');
        } catch (error) {
          if (!isDuplifsError(error, 'DAMAGED')) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('without its list of files is what it is with it, however it is cut and whatever its list counts', () => {
    const lines = fc.array(fc.constantFrom('    new      a', '\tdeleted  "b\\x20"', 'Other', ''), {
      maxLength: 6,
    });
    const cuts = fc.array(fc.nat(200), { maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(8), lines, cuts, (count, listed, at) => {
        const text = ['Hostname h', `Filelist ${count}`, ...listed, ...withHash].join('\n');
        const bytes = Buffer.from(text);
        const parser = new ManifestParser('x', { fileList: false });
        const ends = [...at.toSorted((a, b) => a - b), bytes.length];
        for (const [i, end] of ends.entries()) parser.push(bytes.subarray(ends[i - 1] ?? 0, end));
        const { fileList, ...others } = parseManifest(bytes, 'x');
        expect(fileList).toBeDefined();
        expect(parser.end()).toEqual(others);
      }),
    );
  });

  it('of a million files is read in seconds, and in far less without its list', () => {
    const files = Array.from({ length: 1_000_000 }, (_, i) => `    new      some/folder/${i}\n`);
    const bytes = Buffer.from(`Filelist ${files.length}\n${files.join('')}${withHash.join('\n')}`);
    const started = performance.now();
    expect(parseManifest(bytes, 'x').fileList).toHaveLength(1_000_000);
    const full = performance.now() - started;
    expect(parseManifest(bytes, 'x', { fileList: false })).toEqual(expected);
    const short = performance.now() - started - full;
    expect(full).toBeLessThan(15_000);
    expect(short).toBeLessThan(full / 2);
  });
});

describe('the volumes that can hold a path', () => {
  const manifest: Manifest = {
    volumes: [
      { number: 1, startPath: '', endPath: 'b/x' },
      { number: 2, startPath: 'b/x', startBlock: 3, endPath: 'b/y' },
      { number: 3, startPath: 'b-c', endPath: 'd' },
    ],
  };
  const numbers = (volumes: readonly ManifestVolume[]): number[] =>
    volumes.map(({ number }) => number);

  it.each([
    ['', [1, 2, 3], [1]],
    ['a', [1], [1]],
    ['b', [1, 2], [1]],
    ['b/x', [1, 2], [1, 2]],
    ['b/y', [2], [2]],
    ['b/y/z', [], []],
    ['b-c', [3], [3]],
    ['c', [3], [3]],
    ['e', [], []],
  ])(
    '%j, with what is below it or alone, are those whose range touches it',
    (path, below, alone) => {
      expect(numbers(volumesForPath(manifest, path))).toEqual(below);
      expect(numbers(volumesForEntry(manifest, path))).toEqual(alone);
    },
  );
});
