import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFileName, parseFileName, setKey } from '../../src/archive/index.js';
import type {
  Container,
  FileNameParts,
  NamePrefixes,
  SetTimes,
  StoredFile,
} from '../../src/archive/index.js';

const full: SetTimes = { kind: 'full', endSeconds: 1_767_225_600 }; // 20260101T000000Z
const inc: SetTimes = { kind: 'inc', startSeconds: 1_767_225_600, endSeconds: 1_767_312_000 };
const t = '20260101T000000Z';
const set = `${t}.to.20260102T000000Z`;

const seconds = fc.integer({ min: 1, max: 4_000_000_000 });
const times: fc.Arbitrary<SetTimes> = fc.oneof(
  seconds.map((endSeconds): SetTimes => ({ kind: 'full', endSeconds })),
  fc
    .tuple(seconds, seconds)
    .map(([startSeconds, endSeconds]): SetTimes => ({ kind: 'inc', startSeconds, endSeconds })),
);
const container = fc.constantFrom<Container>('gpg', 'gz', 'plain');
const parts: fc.Arbitrary<FileNameParts> = fc.oneof(
  fc.record({
    kind: fc.constant('volume' as const),
    times,
    volumeNumber: fc.integer({ min: 1, max: 1_000_000 }),
    container,
  }),
  fc.record({
    kind: fc.constantFrom('manifest' as const, 'signatures' as const, 'statistics' as const),
    times,
    container,
    partial: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('index' as const), times, container }),
);
const prefix = fc.constantFrom('', 'P-', 'a.b-', 'duplicity-full.', 'df.', 'photos/');
const prefixes: fc.Arbitrary<NamePrefixes> = fc.record({
  all: prefix,
  volume: prefix,
  manifest: prefix,
  signatures: prefix,
  statistics: prefix,
});

describe('the name of a file', () => {
  it('is made as duplicity makes it', () => {
    const name = (part: FileNameParts) => formatFileName(part);
    expect(name({ kind: 'volume', times: full, volumeNumber: 12, container: 'gpg' })).toBe(
      `duplicity-full.${t}.vol12.difftar.gpg`,
    );
    expect(name({ kind: 'volume', times: inc, volumeNumber: 1, container: 'plain' })).toBe(
      `duplicity-inc.${set}.vol1.difftar`,
    );
    expect(name({ kind: 'manifest', times: full, container: 'plain' })).toBe(
      `duplicity-full.${t}.manifest`,
    );
    expect(name({ kind: 'manifest', times: inc, container: 'plain', partial: true })).toBe(
      `duplicity-inc.${set}.manifest.part`,
    );
    expect(name({ kind: 'signatures', times: full, container: 'gz' })).toBe(
      `duplicity-full-signatures.${t}.sigtar.gz`,
    );
    expect(name({ kind: 'signatures', times: inc, container: 'gpg' })).toBe(
      `duplicity-new-signatures.${set}.sigtar.gpg`,
    );
    expect(name({ kind: 'statistics', times: inc, container: 'gz' })).toBe(
      `duplicity-inc.${set}.jsonstat.gz`,
    );
    expect(name({ kind: 'index', times: inc, container: 'gpg' })).toBe(`duplifs-index.${set}.gpg`);
  });

  it('has the common prefix before that of its kind', () => {
    const all = { all: 'P-', volume: 'A-', manifest: 'M-', signatures: 'S-', statistics: 'J-' };
    const name = (kind: 'manifest' | 'signatures' | 'index') =>
      formatFileName({ kind, times: full, container: 'plain' }, all);
    expect(name('manifest')).toBe(`P-M-duplicity-full.${t}.manifest`);
    expect(name('signatures')).toBe(`P-S-duplicity-full-signatures.${t}.sigtar`);
    expect(name('index')).toBe(`P-M-duplifs-index.${t}`);
  });

  it('is read back', () => {
    fc.assert(
      fc.property(parts, (file) => {
        const name = formatFileName(file);
        expect(parseFileName(name)).toEqual({
          volumeNumber: 0,
          partial: false,
          form: 'long',
          name,
          ...file,
        });
      }),
    );
  });

  it('is read back with any prefixes, which are literal text', () => {
    fc.assert(
      fc.property(parts, prefixes, (file, all) => {
        const parsed = parseFileName(formatFileName(file, all), { prefixes: all });
        expect(parsed).toMatchObject(file);
      }),
    );
    const dotted = { all: 'a.b-', volume: '', manifest: '', signatures: '', statistics: '' };
    expect(parseFileName(`aXb-duplicity-full.${t}.manifest`, { prefixes: dotted })).toBeUndefined();
    expect(parseFileName(`duplicity-full.${t}.manifest`, { prefixes: dotted })).toBeUndefined();
  });

  it('that is junk is ignored, and never throws', () => {
    const words = ['duplicity-', 'full', 'inc', '-signatures', '.', t, '.to.', '.vol', '1', '0'];
    const more = [
      '.difftar',
      '.manifest',
      '.sigtar',
      '.part',
      '.gpg',
      'df.',
      'dns.',
      's44we8',
      '\n',
    ];
    const word = fc.oneof(fc.constantFrom(...words, ...more), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (some) => {
        const parsed = parseFileName(some.join(''));
        expect(parsed === undefined || parsed.times.endSeconds !== 0).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(parseFileName('duplicity-inc.' + '.to.'.repeat(100_000))).toBeUndefined();
  });

  it('that is as long as names get, and hostile, is refused at once', () => {
    const start = performance.now();
    expect(parseFileName(`duplicity-inc.${'.to.'.repeat(250)}.vol1.diff`)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(50);
  });

  const volume = { kind: 'volume', times: full, volumeNumber: 1, partial: false } as const;
  it.each<[string, Partial<StoredFile>]>([
    [`duplicity-full.${t}.manifest.xyz`, { kind: 'manifest', times: full, partial: false }],
    [`duplicity-full.${t}.vol1.difftar.gz.tmp`, { ...volume, container: 'plain' }],
    ['duplicity-full.20260101t000000z.vol1.difftar.gpg', { ...volume, container: 'gpg' }],
    [`duplicity-full.${t}.vol01.difftar.gz`, { ...volume, container: 'gz' }],
    ['duplicity-full.1767225600.manifest', { kind: 'manifest', times: full }],
    [`duplicity-full.${t}.manifest.gz`, { kind: 'manifest', container: 'gz' }],
    [`duplicity-full.${t}.manifest.part.gpg`, { partial: true, container: 'gpg' }],
    [`duplicity-full.${t}.manifest.partial`, { partial: false }],
    [`duplicity-inc.${set}.manifest`, { kind: 'manifest', times: inc }],
    ['duplicity-full.2026-01-01T00:00:00Z.manifest', { times: full, form: 'old' }],
    ['duplicity-full.2026-01-01T01_00_00+01_00.vol1.difftar.gz', { ...volume, form: 'old' }],
    ['df.t85s00.m', { kind: 'manifest', times: full, form: 'short' }],
    ['df.t85s00.1.dt.z', { ...volume, container: 'gz', form: 'short' }],
    ['df.t85s00.10.dt.g', { ...volume, volumeNumber: 36, container: 'gpg' }],
    ['di.t85s00.t87mo0.m.p', { kind: 'manifest', times: inc, partial: true }],
    ['dfs.t85s00.st.z', { kind: 'signatures', times: full, container: 'gz' }],
    ['dns.t85s00.t87mo0.st', { kind: 'signatures', times: inc, container: 'plain' }],
    [`duplicity-full.${t}.jsonstat.gz`, { kind: 'statistics', times: full, container: 'gz' }],
  ])('"%s" is understood', (name, expected) => {
    expect(parseFileName(name)).toMatchObject(expected);
  });

  it.each([
    ...[
      `duplicity-full.${t}.vol0.difftar.gz`,
      'df.t85s00.0.dt',
      `duplicity-full.${t}.manifest-like`,
    ],
    ...['duplicity-full.junk.manifest', `duplicity-full.${t}.volX.difftar.gpg`, 'df.0.m'],
    ...[`x-duplicity-full.${t}.manifest`, `.duplicity-full.${t}.manifest`],
    ...[`Duplicity-full.${t}.manifest`, 'duplicity-full.0.manifest', 'duplicity-full.now.manifest'],
    ...['duplicity-full.3D.manifest', 'df.zzzzzzzzzzzzzzzzzz.m', 'df.T85S00.m', `df.t85s00.mm`],
    ...[`duplicity-full.${set}.manifest`, `duplicity-inc.${t}.manifest`, 'di.t85s00.m'],
    ...[
      `duplicity-full.${t}.vol99999999999999999999.difftar`,
      'README',
      '',
      `duplifs-index.${t}.tmp`,
    ],
  ])('"%s" is ignored', (name) => {
    expect(parseFileName(name)).toBeUndefined();
  });

  it('gives a set its key', () => {
    expect(setKey(full)).toBe(t);
    expect(setKey(inc)).toBe(set);
  });
});

const python = '/usr/bin/python3'; // the one that Debian's duplicity runs in
const program = `
import json, sys
from duplicity import config, dup_time, file_naming
config.file_prefix = config.file_prefix_archive = config.file_prefix_manifest = b''
config.file_prefix_signature = b''
config.time_separator = ':'
dup_time.setcurtime(1700000000)
def told(name):
    try:
        found = file_naming.parse(name.encode())
    except AssertionError:
        return None
    if found is None:
        return None
    kind = 'signatures' if found.type.endswith('sig') else 'manifest' if found.manifest else 'volume'
    times = [found.time] if found.time is not None else [found.start_time, found.end_time]
    container = 'gpg' if found.encrypted else 'gz' if found.compressed else 'plain'
    return [kind, times, found.volume_number or 0, container]
json.dump([told(name) for name in json.load(sys.stdin)], sys.stdout)
`;
const missing = spawnSync(python, ['-c', 'import duplicity']).status !== 0;

describe.skipIf(missing && process.env['CI'] !== 'true')('beside duplicity', () => {
  it('names mean the same, or are ignored by both', () => {
    const stamps = ['20260101T000000Z', '20260101t000000z', '2026-01-01T00:00:00Z', '1767225600'];
    const stamp = fc.constantFrom(
      ...stamps,
      '2026-01-01T01:00:00+01:00',
      '19700101T000000Z',
      'junk',
    );
    const base36 = fc.constantFrom('t85s00', 't87mo0', '0', '1', 'T86');
    const number = fc.constantFrom('1', '01', '10', '0', '123', '', 'x');
    const end = fc.constantFrom(
      '',
      '.gz',
      '.gpg',
      '.g',
      '.z',
      '.part',
      '.part.gz',
      '.tmp',
      '-x',
      '.p',
    );
    const join = (...some: (string | fc.Arbitrary<string>)[]) =>
      fc
        .tuple(...some.map((one) => (typeof one === 'string' ? fc.constant(one) : one)))
        .map((all) => all.join(''));
    const rest = fc.oneof(join('.vol', number, '.difftar', end), join('.manifest', end));
    const short = fc.oneof(join('.', number, '.dt', end), join('.m', end));
    const name = fc.oneof(
      join('duplicity-full.', stamp, rest),
      join('duplicity-inc.', stamp, '.to.', stamp, rest),
      join('duplicity-full-signatures.', stamp, '.sigtar', end),
      join('duplicity-new-signatures.', stamp, '.to.', stamp, '.sigtar', end),
      join('df.', base36, short),
      join('di.', base36, '.', base36, short),
      join('dfs.', base36, '.st', end),
      join('dns.', base36, '.', base36, '.st', end),
    );
    const names = fc.sample(name, 2000);
    const run = spawnSync(python, ['-c', program], {
      input: JSON.stringify(names),
      env: { ...process.env, TZ: 'UTC' },
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    const theirs = JSON.parse(run.stdout) as unknown[];
    expect(theirs.filter((one) => one !== null).length).toBeGreaterThan(300);
    const ours = names.map((one) => {
      const file = parseFileName(one);
      if (!file) return null;
      const { times } = file;
      const list = times.kind === 'full' ? [] : [times.startSeconds];
      return [file.kind, [...list, times.endSeconds], file.volumeNumber, file.container];
    });
    expect(names.map((one, i) => [one, ours[i]])).toEqual(names.map((one, i) => [one, theirs[i]]));
  });
});
