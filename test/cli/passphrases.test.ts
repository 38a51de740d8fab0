import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { duplifs, isTraceback, runOk } from '../support/run.js';
import type { DuplifsOptions, Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const firstSeconds = 1_700_000_000;
/** The sets of two days. */
const fullStamp = '20231114T221320Z';

interface Backup extends DuplifsOptions {
  readonly day: number;
  readonly text: string;
  readonly args?: readonly string[];
}

async function run(args: readonly string[], options: DuplifsOptions = {}): Promise<Finished> {
  const ran = await duplifs(args, options);
  expect([ran.stderr, isTraceback(ran.stderr)]).toEqual([ran.stderr, false]);
  return ran;
}

/** Backs up one file with some text, as of a day. */
async function backup(
  target: string,
  { day, text, args = [], ...options }: Backup,
): Promise<Finished> {
  const source = join(target, '../source');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'f'), text);
  const time = ['--current-time', String(firstSeconds + day * 86_400)];
  const { status, stderr, ...more } = await run(
    ['backup', ...time, '--allow-source-mismatch', ...args, source, target],
    options,
  );
  expect([status, stderr]).toEqual([0, stderr]);
  return { status, stderr, ...more };
}

function secretFile(content: string | Buffer, mode = 0o600): string {
  const path = join(newFolder(), 'passphrases');
  writeFileSync(path, content, { mode });
  return path;
}

/** A chain whose full needs "one" and whose incremental needs "two". */
let mixed: string;

beforeAll(async () => {
  mixed = join(newFolder(), 'target');
  const archive = ['--archive-dir', join(mixed, '../archive')];
  await backup(mixed, { day: 0, text: 'v1', args: archive, env: { PASSPHRASE: 'one' } });
  const args = [...archive, '--allow-other-keys'];
  await backup(mixed, { day: 1, text: 'v2 is longer', args, env: { PASSPHRASE: 'two' } });
}, 120_000);

describe('several passphrases', () => {
  it('are given by files, one a line, and PASSPHRASE: each set is opened by its own', async () => {
    const out = join(newFolder(), 'out');
    const files = [secretFile('three\n\none\n'), secretFile('four\n')];
    const args = files.flatMap((file) => ['--passphrase-file', file]);
    const env = { PASSPHRASE: 'two' };
    expect(await run(['restore', ...args, mixed, out], { env })).toMatchObject({ status: 0 });
    expect(readFileSync(join(out, 'f'), 'utf8')).toBe('v2 is longer');
    for (const command of [['ls'], ['status'], ['verify']]) {
      const folder = command[0] === 'verify' ? [join(mixed, '../source')] : [];
      const ran = await run([...command, ...args, mixed, ...folder], { env });
      expect([command, ran.stderr, ran.status]).toEqual([command, ran.stderr, 0]);
    }
  });

  it.each([
    ['restore', 'out'],
    ['ls', ''],
    ['verify', 'out'],
    ['mount', 'mnt'],
  ])(
    '%s with one that does not open the newest set says once what can be read',
    async (verb, where) => {
      const home = newFolder();
      mkdirSync(join(home, 'mnt'));
      if (verb === 'verify') mkdirSync(join(home, 'out'));
      const place = where === '' ? [] : [join(home, where)];
      const env = { PASSPHRASE: 'one' };
      const { status, stderr } = await run([verb, mixed, ...place], { env });
      expect([status, stderr]).toEqual([31, expect.stringContaining('the passphrase is wrong')]);
      expect(stderr.match(/passphrase is wrong/g)).toHaveLength(1);
      expect(stderr).toContain(`--time ${fullStamp}`);
      expect(verb === 'restore' && existsSync(join(home, 'out'))).toBe(false);
      if (verb !== 'restore') return;
      const older = await run([verb, '--time', fullStamp, mixed, ...place], { env });
      expect(older).toMatchObject({ status: 0 });
      expect(readFileSync(join(home, 'out/f'), 'utf8')).toBe('v1');
    },
  );

  it('of which the one for the full is missing: nothing can be read, and that is said', async () => {
    const home = newFolder();
    const env = { PASSPHRASE: 'two' };
    for (const verb of ['restore', 'mount']) {
      mkdirSync(join(home, verb));
      const { status, stderr } = await run([verb, mixed, join(home, verb)], { env });
      expect([status, stderr]).toEqual([31, expect.stringContaining('No backup of this target')]);
      expect(readdirSync(join(home, verb))).toEqual([]);
    }
  });

  it('status names the sets that cannot be opened in one line, and exits with 31', async () => {
    const { status, stdout } = await run(['status', mixed], { env: { PASSPHRASE: 'other' } });
    expect(status).toBe(31);
    expect(stdout.match(/the passphrase is wrong/g)).toHaveLength(1);
    expect(stdout).toMatch(/Whether the sets 2023\S+, 2023\S+ have all their volumes/);
  });

  it('a wrong one is noticed before a restore writes, also where the archive dir has the lists', async () => {
    const home = newFolder();
    const args = ['--archive-dir', join(home, 'archive'), mixed];
    const right = ['--passphrase-file', secretFile('one\ntwo\n')];
    expect(await run(['ls', ...right, ...args])).toMatchObject({ status: 0 });
    const wrong = { env: { PASSPHRASE: 'wrong' } };
    const { status, stderr } = await run(['restore', ...args, join(home, 'out')], wrong);
    expect([status, existsSync(join(home, 'out'))]).toEqual([31, false]);
    expect(stderr.match(/the passphrase is wrong/g)).toHaveLength(1);
  });

  it('missing is another message than wrong', async () => {
    const { status, stderr } = await run(['ls', mixed]);
    expect([status, stderr]).toEqual([31, expect.stringContaining('and none is given')]);
    expect(stderr).toContain('--passphrase-file');
  });
});

describe('a backup with several passphrases', () => {
  it('begins a chain with the first, PASSPHRASE, and goes on with the one of the chain', async () => {
    const target = join(newFolder(), 'target');
    const archive = ['--archive-dir', join(target, '../archive')];
    await backup(target, { day: 0, text: 'v1', args: archive, env: { PASSPHRASE: 'old' } });
    const args = [...archive, '--passphrase-file', secretFile('old\n')];
    const env = { PASSPHRASE: 'new' };
    await backup(target, { day: 1, text: 'v2', args, env });
    const only = async (passphrase: string, name: string): Promise<Finished> =>
      run(['restore', target, join(target, '..', name)], { env: { PASSPHRASE: passphrase } });
    expect(await only('old', 'out1')).toMatchObject({ status: 0 });
    await backup(target, {
      day: 2,
      text: 'v3',
      args: [...args, '--full-if-older-than', '1D'],
      env,
    });
    expect(await only('new', 'out2')).toMatchObject({ status: 0 });
    expect(readFileSync(join(target, '../out2/f'), 'utf8')).toBe('v3');
  });
});

describe('a passphrase that is not UTF-8', () => {
  const bytes = Buffer.from([0x70, 0xe9, 0xff, 0x21]);
  const throughVariable = [
    ...['sh', '-c', String.raw`PASSPHRASE=$(printf 'p\351\377!') exec "$@"`, 'sh'],
  ];

  it('keeps its bytes in the environment and in a file, as gpg takes them', async () => {
    const target = join(newFolder(), 'target');
    await backup(target, { day: 0, text: 'text', through: throughVariable });
    const out = join(target, '../out');
    const file = secretFile(Buffer.concat([bytes, Buffer.from('\n')]));
    expect(await run(['restore', '--passphrase-file', file, target, out])).toMatchObject({
      status: 0,
    });
    const manifest = readdirSync(target).find((name) => name.endsWith('manifest.gpg')) ?? '';
    const home = newFolder();
    const options = ['--homedir', home, '--batch', '--pinentry-mode=loopback'];
    const plain = await runOk('gpg', [
      ...[...options, '--passphrase-file', file, '--decrypt', join(target, manifest)],
    ]);
    expect(plain).toContain('Volume 1:');
    const lossy = { env: { PASSPHRASE: bytes.toString('utf8') } };
    expect(await run(['ls', target], lossy)).toMatchObject({ status: 31 });
  });
});

describe('a file of passphrases', () => {
  it('that is missing, empty or too large is an error that names it', async () => {
    const files = [
      join(newFolder(), 'nowhere'),
      secretFile('\n\n'),
      secretFile('x'.repeat(70_000)),
    ];
    for (const file of files) {
      const { status, stderr } = await run(['ls', '--passphrase-file', file, mixed]);
      expect([status, stderr]).toEqual([31, expect.stringContaining(`"${file}"`)]);
    }
  });

  it('that others may read is warned of', async () => {
    const file = secretFile('one\ntwo\n', 0o644);
    const { status, stderr } = await run(['ls', '--passphrase-file', file, mixed]);
    expect([status, stderr]).toEqual([0, expect.stringContaining(`chmod 600 "${file}"`)]);
  });
});
