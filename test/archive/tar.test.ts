import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTarEntry, paddingLength, TarParser } from '../../src/archive/index.js';
import type { TarHeader } from '../../src/archive/index.js';
import { isDuplifsError } from '../../src/base/index.js';
import { name } from './arbitraries.js';
import { hasDuplicity, makeChain } from './duplicity.js';
import type { Chain } from './duplicity.js';

interface Entry {
  readonly header: TarHeader;
  readonly headerOffset: number;
  readonly dataOffset: number;
  readonly data: Buffer;
}

/** All entries of a tar that arrives in the given pieces. */
function parse(...pieces: Buffer[]): Entry[] {
  const entries: Entry[] = [];
  let begun: Omit<Entry, 'data'> | undefined;
  let data: Buffer[] = [];
  const parser = new TarParser('a.tar', {
    header(header, headerOffset, dataOffset) {
      begun = { header, headerOffset, dataOffset };
      data = [];
    },
    data: (chunk) => data.push(Buffer.from(chunk)),
    entryEnd() {
      if (begun !== undefined) entries.push({ ...begun, data: Buffer.concat(data) });
      begun = undefined;
    },
  });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return entries;
}

const plain: TarHeader = {
  name: 'snapshot/a',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeSeconds: 1_690_000_000,
  typeflag: '0',
  linkName: '',
  userName: 'root',
  groupName: 'root',
  deviceMajor: 0,
  deviceMinor: 0,
};

function entry(header: Partial<TarHeader>, data: Buffer = Buffer.alloc(0)): Buffer {
  const bytes = encodeTarEntry({ ...plain, ...header, size: data.length });
  return Buffer.concat([bytes, data, Buffer.alloc(paddingLength(data.length))]);
}

/** A PAX record of fewer than 98 bytes. */
function record(text: string): Buffer {
  const length = text.length + 3 + (text.length + 3 < 10 ? 0 : 1);
  return Buffer.from(`${length} ${text}\n`);
}

const header: fc.Arbitrary<TarHeader> = fc.record({
  name,
  mode: fc.nat(0o7777),
  uid: fc.oneof(fc.nat(0o7777777), fc.nat(0xffffffff)),
  gid: fc.oneof(fc.nat(0o7777777), fc.nat(0xffffffff)),
  size: fc.constant(0),
  mtimeSeconds: fc.oneof(fc.nat(), fc.maxSafeNat()),
  typeflag: fc.constantFrom('0', '2', '3', '4', '5', '6'),
  linkName: fc.oneof(fc.constant(''), name),
  userName: fc.oneof(fc.constant('root'), name),
  groupName: fc.oneof(fc.constant('root'), name),
  deviceMajor: fc.constant(0),
  deviceMinor: fc.constant(0),
});

describe('a tar header', () => {
  it('is what it was after encoding and decoding', () => {
    fc.assert(
      fc.property(header, (value) => {
        const bytes = encodeTarEntry(value);
        const [first] = parse(bytes);
        expect(first?.header).toEqual(value);
        expect(first?.dataOffset).toBe(bytes.length);
      }),
    );
  });

  it('is the worked example of the format, byte for byte', () => {
    const bytes = encodeTarEntry({ ...plain, name: 'snapshot/./', mode: 0o755, typeflag: '5' });
    const expected = Buffer.alloc(512);
    const put = (at: number, text: string): number => expected.write(text, at, 'latin1');
    put(0, 'snapshot/./');
    put(100, '0000755\x000000000\x000000000\x0000000000000\x0014456655200\x00011617\0 5');
    put(257, 'ustar\x0000root');
    put(297, 'root');
    expect(bytes.equals(expected)).toBe(true);
  });

  it('says in a PAX record what its fields cannot hold', () => {
    const bytes = encodeTarEntry({
      ...plain,
      name: 'snapshot/names/latin1-caf\udce9',
      uid: 3_000_000,
    });
    const body = '21 hdrcharset=BINARY\n35 path=snapshot/names/latin1-caf\xe9\n15 uid=3000000\n';
    expect(bytes.toString('latin1', 512, 512 + body.length)).toBe(body);
    expect(bytes.toString('latin1', 1024, 1024 + 27)).toBe('snapshot/names/latin1-caf?\0');
    expect(bytes.toString('latin1', 1024 + 108, 1024 + 116)).toBe('0000000\0');
  });
});

describe('a tar', () => {
  const tar = Buffer.concat([
    entry({ name: 'snapshot/./', typeflag: '5' }),
    entry({ name: 'snapshot/é' }, Buffer.from('hello\n')),
    entry({ name: 'snapshot/lnk', typeflag: '2', linkName: 'x'.repeat(120) }),
    entry({ name: 'snapshot/caf\udce9' }, Buffer.alloc(1200, 7)),
  ]);

  it('gives the same entries however its bytes are cut', () => {
    const whole = parse(tar);
    expect(whole).toHaveLength(4);
    fc.assert(
      fc.property(fc.array(fc.nat(tar.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), tar.length];
        const pieces = at.slice(1).map((end, i) => tar.subarray(at[i], end));
        expect(parse(...pieces)).toEqual(whole);
      }),
    );
    expect(parse(...Array.from(tar, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it('cut at any byte is an error that names the file, or ends after a whole entry', () => {
    const whole = parse(tar);
    const ends = [0, 512, 512 + 2048, 512 + 2048 + 1536];
    for (let length = 0; length < tar.length; length += 1) {
      try {
        const entries = parse(tar.subarray(0, length));
        expect(ends).toContain(length);
        expect(entries).toEqual(whole.slice(0, ends.indexOf(length)));
      } catch (error) {
        if (!isDuplifsError(error, 'DAMAGED')) throw error;
        expect(error.message).toContain('"a.tar"');
      }
    }
  });

  it('with any header bit flipped is an error or another tar, and never a crash', () => {
    fc.assert(
      fc.property(fc.nat(tar.length * 8 - 1), (bit) => {
        const bytes = Buffer.from(tar);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        try {
          parse(bytes);
        } catch (error) {
          if (!isDuplifsError(error, 'DAMAGED')) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('ends at its first zero block, and what follows is not looked at', () => {
    const filler = Buffer.alloc(3000, 0x85);
    const whole = parse(tar);
    expect(parse(tar, Buffer.alloc(512), filler)).toEqual(whole);
    expect(parse(tar, Buffer.alloc(10240), filler)).toEqual(whole);
    expect(() => parse(tar, filler)).toThrow('"a.tar" holds a tar header');
  });

  it('with an extension header that no entry follows is damaged', () => {
    const long = entry({ name: 'é' });
    expect(() => parse(long.subarray(0, 1024))).toThrow('ends inside a tar entry');
    expect(() => parse(long.subarray(0, 1024), Buffer.alloc(512))).toThrow('ends inside');
  });

  it.each([
    ['an enormous PAX header', { typeflag: 'x' }, 2 << 20, 'extension header of'],
    ['an enormous GNU long name', { typeflag: 'L' }, 70_000, 'extension header of'],
    ['a PAX body of no records', { typeflag: 'x' }, 20, 'not a list of records'],
  ])('with %s is damaged', (_, header, size, message) => {
    expect(() => parse(entry(header, Buffer.alloc(size, 0x39)))).toThrow(message);
  });

  it.each(['11 path=x\n', '8 path=x\n', '0 path=x\n', '-9 path=x\n', 'path=x\n', '9 pathxx\n'])(
    'with the PAX record %j is damaged',
    (text) => {
      const bytes = Buffer.concat([entry({ typeflag: 'x' }, Buffer.from(text)), entry({})]);
      expect(() => parse(bytes)).toThrow('not a list of records');
    },
  );

  it.each([
    ['uid=-1e3', 'with a bad uid'],
    ['mtime=now', 'with a bad mtime'],
    ['GNU.sparse.major=1', 'that is sparse'],
  ])('with %j in a PAX header has an entry that is %s', (text, fault) => {
    const bytes = Buffer.concat([entry({ typeflag: 'x' }, record(text)), entry({}), entry({})]);
    expect(parse(bytes).map(({ header }) => header.fault)).toEqual([fault, undefined]);
  });

  it.each(['size=1e999', 'size=0x10', 'size=-5'])('with %j in a PAX header is damaged', (text) => {
    const bytes = Buffer.concat([entry({ typeflag: 'x' }, record(text)), entry({})]);
    expect(() => parse(bytes)).toThrow('"a.tar" holds a');
  });

  it('takes numbers from PAX, fractions cut, and globals until they are overridden', () => {
    const bytes = Buffer.concat([
      entry({ typeflag: 'g' }, Buffer.concat([record('uname=all'), record('uid=77')])),
      entry({}),
      entry({ typeflag: 'x' }, Buffer.concat([record('mtime=1690000000.75'), record('uid=5')])),
      entry({}),
    ]);
    const [first, second] = parse(bytes);
    expect(first).toMatchObject({ headerOffset: 1024, header: { userName: 'all', uid: 77 } });
    expect(second).toMatchObject({
      header: { userName: 'all', uid: 5, mtimeSeconds: 1_690_000_000 },
    });
  });

  it.each(['gnu', 'posix', 'ustar', 'v7', 'oldgnu'])(
    'by GNU tar in %s format is read',
    (format) => {
      const home = fs.mkdtempSync(path.join(os.tmpdir(), 'duplifs-tar-'));
      try {
        const long = format === 'v7' ? 'short' : 'x'.repeat(90) + '/' + 'y'.repeat(80);
        fs.mkdirSync(path.join(home, path.dirname(long)), { recursive: true });
        fs.writeFileSync(path.join(home, long), 'content');
        fs.utimesSync(path.join(home, long), 1_600_000_000, 1_600_000_000);
        fs.symlinkSync(format.endsWith('gnu') ? 'z'.repeat(150) : 'z', path.join(home, 'link'));
        const args = ['-C', home, `--format=${format}`, '--owner=0', '--group=0', '-cf', '-'];
        const bytes = execFileSync('tar', [...args, long, 'link']);
        const [file, link] = parse(bytes);
        expect(file).toMatchObject({
          header: { name: long, mtimeSeconds: 1_600_000_000, typeflag: '0', size: 7 },
          data: Buffer.from('content'),
        });
        expect(bytes.toString('latin1', file?.dataOffset, (file?.dataOffset ?? 0) + 7)).toBe(
          'content',
        );
        expect(link?.header.linkName).toBe(format.endsWith('gnu') ? 'z'.repeat(150) : 'z');
      } finally {
        fs.rmSync(home, { recursive: true });
      }
    },
  );

  it('by GNU tar with base-256 numbers is read', () => {
    const args = [
      '--format=gnu',
      '--owner=:3000000000',
      '--mtime=@20000000000',
      '-cf',
      '-',
      '/dev/null',
    ];
    const [device] = parse(execFileSync('tar', args, { stdio: ['ignore', 'pipe', 'ignore'] }));
    expect(device?.header).toMatchObject({ uid: 3_000_000_000, mtimeSeconds: 20_000_000_000 });
    expect(device?.header).toMatchObject({ typeflag: '3', deviceMajor: 1, deviceMinor: 3 });
  });

  it('of 50,000 entries is read in well under a second', () => {
    const one = entry({ name: 'snapshot/some/folder/file' }, Buffer.alloc(300));
    const bytes = Buffer.concat(Array.from({ length: 50_000 }, () => one));
    const started = performance.now();
    expect(parse(bytes)).toHaveLength(50_000);
    expect(performance.now() - started).toBeLessThan(1500); // 100 ms on an idle machine
  });
});

describe.runIf(hasDuplicity)('duplicity', () => {
  let chain: Chain;
  beforeAll(() => {
    chain = makeChain(['--no-encryption', '--no-compression']);
  });
  afterAll(() => {
    chain.remove();
  });

  it('writes every header as we would, byte for byte', () => {
    const kinds = new Set<string>();
    for (const { bytes } of chain.files(/tar$/)) {
      for (const { header, headerOffset, dataOffset } of parse(bytes)) {
        const theirs = bytes.subarray(headerOffset, dataOffset);
        expect(encodeTarEntry(header).toString('latin1')).toBe(theirs.toString('latin1'));
        kinds.add(header.typeflag + (theirs.length > 512 ? 'x' : ''));
      }
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['0', '0x', '2', '2x', '5', '5x', '6']));
  });
});
