/**
 * What authors of scripts around duplicity did with them, done with duplifs alone: a configuration for S3 with a restore
 * into a dated folder, a tutorial's duplicity-backup.sh with cron, SFTP with signatures.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpgHome, hasGpg } from '../openpgp/gpg-home.js';
import { Service, servicesHere } from '../services/service.js';
import { built, run, runOk, testEnvironment } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';
import { Machine } from './machine.js';

const newFolder = temporaryFolders();
const passphrase = 'a phrase for the seeds';

beforeAll(built);

async function makeTree(folder: string): Promise<void> {
  await mkdir(join(folder, 'documents', 'cache'), { recursive: true });
  await writeFile(join(folder, 'documents', 'letter'), 'a letter\n');
  await writeFile(join(folder, 'documents', 'cache', 'page'), 'not needed\n');
  await writeFile(join(folder, 'elsewhere'), 'followed\n');
  await symlink(join(folder, 'elsewhere'), join(folder, 'documents', 'link'));
}

describe.runIf(servicesHere)('on S3', { timeout: 280_000 }, () => {
  let s3: Service;
  beforeAll(async () => {
    s3 = await Service.start('s3-swift');
  });
  afterAll(async () => {
    await s3.remove();
  });

  const credentials = (): string =>
    [
      `AWS_ACCESS_KEY_ID = "${s3.get('ACCESS_KEY')}"`,
      `AWS_SECRET_ACCESS_KEY = "${s3.get('SECRET_KEY')}"`,
      `PASSPHRASE = "${passphrase}"`,
    ].join('\n');

  it('a configuration with a full a month and links followed restores into a dated folder', async () => {
    const folder = newFolder();
    await makeTree(folder);
    const machine = await Machine.in(folder, '');
    const url = `s3://${s3.get('BUCKET')}/seed-1`;
    await machine.replaceProfile(
      [
        `source = "${join(folder, 'documents')}"`,
        `url = "${url}"`,
        `s3-endpoint-url = "${s3.get('ENDPOINT')}"`,
        `s3-region-name = "${s3.get('REGION')}"`,
        'copy-links = true',
        'full-if-older-than = "1M"',
        'exclude = ["**/cache"]',
        '[secrets]',
        credentials(),
      ].join('\n'),
    );
    const start = 1_700_000_000;
    const at = (days: number): string[] => ['--current-time', String(start + days * 86_400)];
    for (const days of [0, 10, 40]) {
      const { status, stderr } = await machine.duplifs('run', 'home', ...at(days));
      expect(status, stderr).toBe(0);
      await writeFile(join(folder, 'documents', 'letter'), `changed after ${days}\n`);
    }
    const kinds = (await machine.history()).map(({ figures }) => figures?.kind);
    expect(kinds).toEqual(['full', 'inc', 'full']);
    const out = join(folder, 'restored');
    const restored = await machine.duplifs(
      'restore',
      'home',
      '--into-dated-folder',
      out,
      '--time',
      String(start + 11 * 86_400),
    );
    expect(restored.status, restored.stderr).toBe(0);
    const [name = ''] = await readdir(out);
    expect(name).toMatch(/^2023-11-24T22-1\d-\d\dZ$/);
    const dated = join(out, name);
    expect(await readdir(dated)).toEqual(['letter', 'link']);
    expect(await readFile(join(dated, 'letter'), 'utf8')).toBe('changed after 0\n');
    expect((await stat(join(dated, 'link'))).isFile()).toBe(true);
    expect(await readFile(join(dated, 'link'), 'utf8')).toBe('followed\n');
    // who may not write to the bucket learns it from the storage, before anything is relied on
    await machine.replaceProfile(
      `source = "${folder}"\nurl = "${url}"\ns3-endpoint-url = "${s3.get('ENDPOINT')}"\nnum-retries = 1\n[secrets]\nAWS_ACCESS_KEY_ID = "${s3.get('ACCESS_KEY')}"\nAWS_SECRET_ACCESS_KEY = "wrong"\nPASSPHRASE = "x"\n`,
    );
    expect((await machine.duplifs('run', 'home')).status).toBe(51);
    expect((await machine.history()).at(-1)?.outcome).toBe('failure');
  });

  it('the tutorial: imported, run by cron every 15 minutes, killed once, logs given away, one file restored', async () => {
    const folder = newFolder();
    await makeTree(folder);
    const machine = await Machine.in(folder, '');
    const configuration = join(folder, 'main.conf');
    await writeFile(
      configuration,
      `AWS_ACCESS_KEY_ID="${s3.get('ACCESS_KEY')}"
AWS_SECRET_ACCESS_KEY="${s3.get('SECRET_KEY')}"
ENCRYPTION='yes'
PASSPHRASE="${passphrase}"
ROOT="${folder}"
DEST="s3://${s3.get('BUCKET')}/seed-3/"
INCLIST=( "${folder}/documents/" )
EXCLIST=( "${folder}/documents/cache/*" \\
          "/**.DS_Store" )
STATIC_OPTIONS="--full-if-older-than 14D --s3-endpoint-url ${s3.get('ENDPOINT')} --s3-region-name ${s3.get('REGION')}"
CLEAN_UP_TYPE="remove-all-but-n-full"
CLEAN_UP_VARIABLE="2"
LOGDIR="${folder}/logs/"
LOG_FILE="duplicity-main-\`date +%Y-%m-%d_%H-%M\`.txt"
LOG_FILE_OWNER="nobody:nogroup"
REMOVE_LOGS_OLDER_THAN='30'
VERBOSITY="-v3"
`,
      { mode: 0o600 },
    );
    const imported = await machine.duplifs('profile', 'import', configuration);
    expect([imported.status, imported.stderr]).toEqual([
      0,
      expect.not.stringContaining('Not taken over') as string,
    ]);
    const scheduled = await machine.duplifs(
      'schedule',
      'main',
      '--every',
      '15m',
      '--by',
      'cron',
      '--user',
    );
    expect(scheduled.status, scheduled.stderr).toBe(0);
    try {
      const crontab = await runOk('crontab', ['-l']);
      const line = crontab.split('\n').find((one) => one.startsWith('*/15 * * * * ')) ?? '';
      expect(line).toContain('run main --quiet');
      // as cron runs it: by a shell, with hardly an environment
      const command = line.slice('*/15 * * * * '.length).replace(/ --delay=\S+/, '');
      const byCron = (): ReturnType<typeof run> =>
        run('env', [
          '-i',
          `HOME=${machine.env['HOME'] ?? ''}`,
          'PATH=/usr/bin:/bin',
          '/bin/sh',
          '-c',
          command,
        ]);
      const first = await byCron();
      expect([first.status, first.stdout, first.stderr]).toEqual([0, '', '']);
      // killed in the middle: it leaves a note, and on the storage a lock
      const child = spawn('/bin/sh', ['-c', command], {
        env: testEnvironment(machine.env),
        detached: true,
        stdio: 'ignore',
      });
      const note = join(folder, 'state', 'duplifs', 'main', 'running.json');
      while (
        !existsSync(note) ||
        !(await readFile(note, 'utf8').catch(() => '')).includes('"backup"')
      ) {
        await setTimeout(50);
      }
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      const next = await byCron();
      expect([next.status, next.stderr]).toEqual([
        0,
        expect.stringContaining('never ended') as string,
      ]);
    } finally {
      const removed = await machine.duplifs('schedule', 'main', '--remove');
      expect(removed.stdout).toContain('Took away: crontab');
    }
    expect((await run('crontab', ['-l'])).stdout).not.toContain('duplifs');
    const logs = join(folder, 'logs', 'main');
    const names = await readdir(logs);
    expect(names).toHaveLength(3);
    for (const name of names) expect((await stat(join(logs, name))).uid).toBe(65534);
    const history = await machine.duplifs('history', 'main');
    expect(history.stdout.match(/(?:success|killed)(?= )/g)).toEqual([
      'success',
      'killed',
      'success',
    ]);
    // the bundle for the safe: the one file with all of it
    const bundle = join(folder, 'bundle.gpg');
    const profile = join(folder, 'config', 'duplifs', 'main.toml');
    await runOk(
      'gpg',
      [
        '--batch',
        '--passphrase',
        'safe',
        '--pinentry-mode',
        'loopback',
        '-o',
        bundle,
        '-c',
        profile,
      ],
      { env: { GNUPGHOME: newFolder() } },
    );
    // one file, on another machine with that alone
    const other = await Machine.in(newFolder(), '');
    const opened = await runOk(
      'gpg',
      ['--batch', '--passphrase', 'safe', '--pinentry-mode', 'loopback', '-d', bundle],
      { env: { GNUPGHOME: newFolder() } },
    );
    await writeFile(join(other.folder, 'config', 'duplifs', 'main.toml'), opened, { mode: 0o600 });
    const file = join(other.folder, 'letter');
    const restored = await other.duplifs(
      'restore',
      'main',
      file,
      '--path-to-restore',
      'documents/letter',
    );
    expect([restored.status, await readFile(file, 'utf8')]).toEqual([0, 'a letter\n']);
  });
});

describe.runIf(servicesHere && hasGpg)('on SFTP', { timeout: 280_000 }, () => {
  let server: Service;
  beforeAll(async () => {
    server = await Service.start('sftp');
  });
  afterAll(async () => {
    await server.remove();
  });

  it('a signed backup is listed, restored at a time, and old chains are removed', async () => {
    const folder = newFolder();
    await makeTree(folder);
    const gpg = new GpgHome(newFolder());
    await chmod(gpg.path, 0o700);
    try {
      const encrypter = gpg.makeKey('encrypter').fingerprint;
      const signer = gpg.makeKey('signer').fingerprint;
      const machine = await Machine.in(folder, '');
      const login = `${server.get('USER')}@127.0.0.1:${server.get('PORT')}`;
      await machine.replaceProfile(
        [
          `source = "${join(folder, 'documents')}"`,
          `url = "sftp://${login}/${server.get('ROOT')}/seed-4"`,
          `ssh-options = "-oIdentityFile='${server.get('KEY_FILE')}' -oUserKnownHostsFile='${server.get('KNOWN_HOSTS')}'"`,
          `encrypt-key = "${encrypter}"`,
          `sign-key = "${signer}"`,
          'full-if-older-than = "7D"',
          '[retention]',
          'remove-older-than = "20D"',
        ].join('\n'),
      );
      const env = { GNUPGHOME: gpg.path };
      const start = 1_700_000_000;
      for (const days of [0, 1, 10, 11, 40]) {
        const now = ['--current-time', String(start + days * 86_400)];
        const { status, stderr } = await machine.duplifsWith({ env }, 'run', 'home', ...now);
        expect(status, stderr).toBe(0);
        await writeFile(join(folder, 'documents', 'letter'), `changed after ${days}\n`);
      }
      const listed = await machine.duplifsWith({ env }, 'ls', 'home');
      expect(listed.stdout).toContain('letter');
      const status = await machine.duplifsWith({ env }, 'collection-status', 'home', '--json');
      const { chains } = JSON.parse(status.stdout) as { chains: unknown[] };
      // of the chains of days 0, 10 and 40 the first two end more than 20 days before the last run
      expect(chains).toHaveLength(1);
      const out = join(folder, 'out');
      const restored = await machine.duplifsWith(
        { env },
        'restore',
        'home',
        out,
        '--time',
        String(start + 41 * 86_400),
      );
      expect([restored.status, await readFile(join(out, 'letter'), 'utf8')]).toEqual([
        0,
        'changed after 11\n',
      ]);
      // what another key has signed is refused
      const refused = await machine.duplifsWith(
        { env },
        'restore',
        'home',
        join(folder, 'no'),
        '--sign-key',
        encrypter,
      );
      expect(refused.status).toBe(22);
    } finally {
      execFileSync('gpgconf', ['--homedir', gpg.path, '--kill', 'all']);
    }
  });
});
