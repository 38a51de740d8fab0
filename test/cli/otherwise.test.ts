/** Where reading does otherwise than duplicity, on purpose: one test for each row of the format's table. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  readFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatFileName } from '../../src/archive/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import { noise } from '../support/noise.js';
import { duplicityChain } from '../support/sample-chains.js';
import { duplifs, isTraceback } from '../support/run.js';
import type { DuplifsOptions, Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

interface Place {
  readonly home: string;
  readonly target: string;
}

/** A full and two incrementals, a day apart. */
function chain(): Place {
  const home = newFolder();
  const target = join(home, 'target');
  writeSet(target, {
    times: timesOf(0),
    volumes: [[folder(''), file('a', 'first')], [file('b', 'bee')]],
  });
  writeSet(target, { times: timesOf(1), volumes: [[folder(''), file('c', 'second')]] });
  writeSet(target, { times: timesOf(2), volumes: [[folder(''), file('d', 'third')]] });
  return { home, target };
}

const archiveOf = ({ home }: Place): string => join(home, 'archive', 'cache');

async function run(
  where: Place,
  args: readonly string[],
  options: DuplifsOptions = {},
): Promise<Finished> {
  const [command = '', ...rest] = args;
  const common = [
    '--archive-dir',
    join(where.home, 'archive'),
    '--name',
    'cache',
    '--tempdir',
    where.home,
  ];
  const ran = await duplifs([command, ...common, ...rest], {
    ...options,
    env: { TZ: 'UTC', ...options.env },
  });
  expect([ran.stderr, isTraceback(ran.stderr)]).toEqual([ran.stderr, false]);
  return ran;
}

/** The names that `ls` prints, without dates. */
async function listed(where: Place, args: readonly string[] = []): Promise<string[]> {
  const { status, stdout, stderr } = await run(where, ['ls', ...args, where.target]);
  expect([status, stderr]).toEqual([0, stderr]);
  return stdout
    .split('\n')
    .slice(2, -1)
    .map((line) => line.slice(25));
}

/** What `status` says. */
async function statusLines(where: Place, wanted = 0): Promise<readonly string[]> {
  const { status, stdout, stderr } = await run(where, ['status', where.target]);
  expect([status, stderr]).toEqual([wanted, '']);
  return stdout.trimEnd().split('\n');
}

/** The lines of a status that an earlier one, of the same chain in good order, did not have. */
const linesBeyond = (healthy: readonly string[], now: readonly string[]): readonly string[] =>
  now.filter((line) => !healthy.includes(line));

/** Expects a restore that fails at nothing: these files with this content, and the warnings on standard error. */
async function expectRestored(
  where: Place,
  files: Readonly<Record<string, string>>,
  warnings: readonly string[],
): Promise<void> {
  const out = join(where.home, 'out');
  const { status, stderr } = await run(where, ['restore', where.target, out]);
  expect(status).toBe(0);
  for (const [path, content] of Object.entries(files)) {
    expect([path, readFileSync(join(out, path), 'utf8')]).toEqual([path, content]);
  }
  for (const warning of warnings) expect(stderr).toContain(warning);
}

const find = ({ target }: Place, pattern: RegExp): string => {
  const name = readdirSync(target).find((known) => pattern.test(known));
  if (name === undefined) throw new Error(`no ${String(pattern)}`);
  return join(target, name);
};

describe('duplifs does otherwise than duplicity:', () => {
  it('a time before the first set is an error that names the first and its time', async () => {
    const where = chain();
    const { status, stderr } = await run(where, ['ls', '--time', '2020-01-01', where.target]);
    expect(status).toBe(20);
    expect(stderr).toContain('the first is the full of Tue Nov 14 22:13:20 2023');
  });

  it('a time is taken as it is printed', async () => {
    const where = chain();
    const lines = await statusLines(where);
    const printed = lines.flatMap(
      (line) => / (\w{3} \w{3} .{5}:\d\d:\d\d \d{4})( |$)/.exec(line)?.[1] ?? [],
    );
    expect(printed).toContain('Wed Nov 15 22:13:20 2023');
    for (const time of printed) expect((await listed(where, ['--time', time]))[0]).toBe('.');
    expect(await listed(where, ['--time', 'Wed Nov 15 22:13:20 2023'])).toContain('c');
    expect(await listed(where, ['--time', '2023-11-15T22-13-20Z'])).not.toContain('d');
  });

  it('a missing volume costs what lies in it, named with set and volume, to who wants what is left', async () => {
    const where = chain();
    rmSync(find(where, /duplicity-full\..*vol2/));
    const out = join(where.home, 'out');
    const refused = await run(where, ['restore', where.target, out]);
    expect(refused.status).toBe(24);
    expect(refused.stderr).toContain(
      'of the set 20231114T221320Z, which it builds on, volume 2 is missing',
    );
    const args = ['restore', '--use-incomplete', where.target, out];
    const { status, stderr } = await run(where, args);
    expect(status).toBe(1);
    expect(readdirSync(out)).toEqual(['a', 'c', 'd']);
    expect(stderr).toContain('"b" was not restored: Volume 2 of set 20231114T221320Z');
    const told = await run(where, ['status', where.target]);
    expect(told.stdout).toContain('Volume 2 of set 20231114T221320Z is missing');
  });

  it('a newest set without its sigtar is shown, filled from its volumes, and status tells', async () => {
    const where = chain();
    const healthy = await statusLines(where);
    rmSync(find(where, /new-signatures.*to\.20231116/));
    expect(await listed(where)).toEqual(['.', 'a', 'b', 'c', 'd']);
    expect(linesBeyond(healthy, await statusLines(where, 1))).toEqual([
      'Warning, discarding last backup set, because of missing signature file.',
      'Warning, found incomplete backup sets, probably left from aborted session',
      'Number of contained backup sets: 2',
      'Total number of contained volumes: 3',
      'Also found 0 backup sets not part of any chain,',
      'and 1 incomplete backup set.',
      'These may be deleted by running duplicity with the "cleanup" command.',
      'The incremental of Thu Nov 16 22:13:20 2023 has no signatures: it can be mounted and ' +
        'restored, but the next incremental builds on the set before it and stores its changes again.',
      'The signatures of the incremental of Thu Nov 16 22:13:20 2023, 20231115T221320Z.to.20231116T221320Z, are missing: it is restored from its volumes',
    ]);
  });

  it('sets whose sigtars do not chain, or are all gone, are read all the same', async () => {
    const where = chain();
    for (const name of readdirSync(where.target)) {
      if (name.includes('signatures')) rmSync(join(where.target, name));
    }
    expect(await listed(where)).toEqual(['.', 'a', 'b', 'c', 'd']);
  });

  it('of two names for a volume, the one with the hash in the manifest is used, with a warning', async () => {
    const where = chain();
    const volume = find(where, /duplicity-full\..*vol1\./);
    // another container of the same volume: both parse to volume 1
    writeFileSync(volume.replace(/\.gz$/, ''), noise(3000));
    await expectRestored(where, { a: 'first' }, ['2 files claim to be volume 1']);
  });

  it('of two names for a manifest, one that can be read is used, with a warning', async () => {
    const where = chain();
    const manifest = find(where, /duplicity-full\..*manifest/);
    writeFileSync(`${manifest}.gz`, 'not gzip');
    await expectRestored(where, { a: 'first' }, ['claim to be the manifest']);
  });

  it('entries out of order or without a parent are restored in their place, with a warning', async () => {
    const home = newFolder();
    const where = { home, target: join(home, 'target') };
    writeSet(where.target, {
      times: timesOf(0),
      volumes: [[folder(''), file('z', 'zed'), file('m/n', 'orphan'), file('a', 'first')]],
    });
    await expectRestored(where, { 'm/n': 'orphan', a: 'first' }, ['Warning', 'out of order']);
  });

  it('an archive dir that others may read is warned about', async () => {
    const where = chain();
    mkdirSync(archiveOf(where), { recursive: true });
    chmodSync(archiveOf(where), 0o755);
    const { status, stderr } = await run(where, ['ls', where.target]);
    expect(status).toBe(0);
    expect(stderr).toContain('Others may read the archive dir');
    chmodSync(archiveOf(where), 0o700);
    expect((await run(where, ['ls', where.target])).stderr).not.toContain('Others may read');
  });

  it('files that are only in the archive dir are kept', async () => {
    const where = chain();
    mkdirSync(archiveOf(where), { recursive: true, mode: 0o700 });
    const only = join(archiveOf(where), 'duplicity-full-signatures.20200101T000000Z.sigtar.gz');
    writeFileSync(only, 'the only copy');
    for (const command of ['ls', 'status'])
      expect((await run(where, [command, where.target])).status).toBe(0);
    expect(readFileSync(only, 'utf8')).toBe('the only copy');
  });

  it('a date without a zone has the offset that the zone had on that day', async () => {
    const where = chain();
    // 2023-11-14T22:13:20Z is 17:13:20 in New York, in winter; duplicity agrees there, but not in summer
    const home = newFolder();
    const summer = { home, target: join(home, 'target') };
    const endSeconds = Date.UTC(2023, 6, 1, 12, 0, 0) / 1000;
    writeSet(summer.target, {
      times: { kind: 'full', endSeconds },
      volumes: [[folder(''), file('s')]],
    });
    const env = { TZ: 'America/New_York' };
    const at = (place: Place, time: string) =>
      run(place, ['ls', '--time', time, place.target], { env });
    expect((await at(summer, '2023-07-01T08:00:00')).status).toBe(0);
    expect((await at(summer, '2023-07-01T07:59:59')).status).toBe(20);
    expect((await at(where, '2023-11-14T17:13:20')).status).toBe(0);
    expect((await at(where, '2023-11-14T17:13:19')).status).toBe(20);
    expect((await at(where, '2023-11-14T18:43:20-03:30')).status).toBe(0);
    expect((await at(where, '2023-11-14T18:43:19-03:30')).status).toBe(20);
  });

  it.runIf(hasDuplicity)(
    'a passphrase is asked for only when an encrypted file must be opened',
    async () => {
      const plain = chain();
      expect((await run(plain, ['ls', plain.target])).status).toBe(0);
      const home = newFolder();
      const where = { home, target: duplicityChain(home) };
      const refused = await run(where, ['ls', where.target]);
      expect(refused.status).toBe(31);
      expect(refused.stderr).toMatch(/"duplicity-full.*gpg"/);
      // whether a set has all its volumes stands in its manifest
      expect((await run(where, ['status', where.target])).status).toBe(31);
      const env = { PASSPHRASE: 'test' };
      expect((await run(where, ['ls', where.target], { env })).status).toBe(0);
      // what is in the catalog needs no key any more
      expect((await run(where, ['ls', where.target])).status).toBe(0);
      expect((await run(where, ['status', where.target])).status).toBe(0);
      const wrong = await run(where, ['restore', where.target, join(home, 'out')], {
        env: { PASSPHRASE: 'wrong' },
      });
      expect(wrong.status).toBe(31);
      expect(wrong.stderr).toContain('.gpg"');
      expect(existsSync(join(home, 'out'))).toBe(false);
    },
  );

  it('a file that fails in its middle is not left half-written', async () => {
    const where = chain();
    const whole = noise(3_000_000);
    writeSet(where.target, {
      times: timesOf(3),
      volumes: [
        [folder(''), file('x', whole.subarray(0, 65536), { piece: 1 })],
        [file('x', whole.subarray(65536), { piece: 2 }), file('y', 'well')],
      ],
      manifest: ([first, ...rest]) =>
        first === undefined ? [] : [{ ...first, endBlock: 1 }, ...rest],
    });
    writeFileSync(find(where, /to\.20231117.*vol2/), 'damaged');
    const out = join(where.home, 'out');
    const { status } = await run(where, ['restore', where.target, out]);
    expect(status).toBe(1);
    expect(readdirSync(out)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a partial set is shown as incomplete and never chosen', async () => {
    const where = chain();
    const healthy = await statusLines(where);
    mkdirSync(archiveOf(where), { recursive: true, mode: 0o700 });
    const part = formatFileName({
      kind: 'manifest',
      times: timesOf(2),
      container: 'plain',
      partial: true,
    });
    renameSync(find(where, /to\.20231116.*manifest/), join(archiveOf(where), part));
    // its manifest was on the storage when it was listed before
    expect(await listed(where, ['--allow-rollback'])).toEqual(['.', 'a', 'b', 'c']);
    expect(linesBeyond(healthy, await statusLines(where))).toEqual([
      'The incremental of Thu Nov 16 22:13:20 2023 is *incomplete*: it was interrupted after 1 ' +
        'stored volume. Run the same backup again to finish it, or "duplifs cleanup --force" to remove it.',
    ]);
  });

  it('a leftover part of a manifest beside a complete set disturbs nothing', async () => {
    const where = chain();
    mkdirSync(archiveOf(where), { recursive: true, mode: 0o700 });
    const part = formatFileName({
      kind: 'manifest',
      times: timesOf(2),
      container: 'plain',
      partial: true,
    });
    writeFileSync(join(archiveOf(where), part), 'Hostname half');
    expect(await listed(where)).toEqual(['.', 'a', 'b', 'c', 'd']);
    expect((await run(where, ['status', where.target])).status).toBe(0);
  });

  it('no mistake of a user, and no damage, shows a traceback', async () => {
    const where = chain();
    const nowhere = join(where.home, 'nowhere');
    const blocked = join(where.home, 'file');
    writeFileSync(blocked, '');
    for (const [args, expected] of [
      [['ls', nowhere], 52],
      [['ls', 'nonsense://x/y'], 2],
      [['ls', '--time', 'nonsense', where.target], 2],
      [['ls', '--no-such-option', where.target], 2],
      [['ls', '-r', 'not/there', where.target], 19],
      [['ls', '--key-file', nowhere, where.target], 31],
      [['ls', '--tempdir', join(blocked, 'x'), where.target], 11],
      [['restore', where.target, join(blocked, 'x')], 11],
    ] as const) {
      const ran = await run(where, args);
      expect([args, ran.status]).toEqual([args, expected]);
    }
    const ran = await duplifs(['ls', '--archive-dir', join(blocked, 'x'), where.target]);
    // a list does without an archive dir, and says so
    expect([ran.status, isTraceback(ran.stderr)]).toEqual([0, false]);
    expect(ran.stderr).toContain('Warning: ');
  });
});
