/** What is said to who has typed nothing, or something that there is not. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../../support/folders.js';
import { duplifs } from '../../support/run.js';

async function said(line: string): Promise<string> {
  const { status, stdout, stderr } = await duplifs(line.split(' '));
  expect([status, stdout]).toEqual([2, '']);
  return stderr;
}

describe('duplifs alone', () => {
  it('shows where to begin, and with a profile what to do with it', async () => {
    await withFolder(async (folder) => {
      const env = { XDG_CONFIG_HOME: folder, COLUMNS: '80' };
      const first = await duplifs([], { env });
      expect(first).toMatchObject({ status: 2, stdout: '' });
      expect(first.stderr).toContain('duplifs init');
      expect(first.stderr).toContain('duplifs --help');
      await mkdir(join(folder, 'duplifs'));
      await writeFile(join(folder, 'duplifs/laptop.toml'), 'url = "file:///nowhere"\n');
      const { stderr } = await duplifs([], { env });
      expect(stderr).toContain('duplifs run laptop');
      for (const line of `${first.stderr}${stderr}`.split('\n')) {
        expect(line.length, line).toBeLessThanOrEqual(80);
      }
    });
  });
});

describe('a mistyped command', () => {
  it.each([
    ['resotre file:///x /y', /unknown command 'resotre'\n\(Did you mean restore\?\)/],
    ['doctr file:///x', /There is no command "doctr"[^]*Did you mean "doctor"\?/],
    ['stauts', /unknown command 'stauts'\n\(Did you mean status\?\)/],
    ['key lst', /unknown command 'lst'\n\(Did you mean list\?\)/],
    ['help resotre', /no help on "resotre"[^]*Did you mean "restore"\?/],
    ['help strage', /no help on "strage"[^]*Did you mean "storage"\?/],
  ])('%s gets a suggestion', async (line, expected) => {
    expect(await said(line)).toMatch(expected);
  });

  it('is none where there is a folder of that name', async () => {
    await withFolder(async (cwd) => {
      await mkdir(join(cwd, 'doctr'));
      await writeFile(join(cwd, 'doctr/file'), 'text');
      const args = ['--no-encryption', 'doctr', `file://${cwd}/target`];
      expect(await duplifs(args, { cwd })).toMatchObject({ status: 0 });
    });
  });
});

describe('a mistyped option', () => {
  it.each([
    ['restore --tmie 3D file:///x /y', /unknown option '--tmie'\n\(Did you mean --time\?\)/],
    ['--tmie 3D restore file:///x /y', /unknown option '--tmie'\n\(Did you mean --time\?\)/],
    [
      'backup --exlcude=x /x file:///y',
      /unknown option '--exlcude=x'\n\(Did you mean --exclude\?\)/,
    ],
    ['status --s3-regoin-name x s3://x/y', /\(Did you mean --s3-region-name\?\)/],
    ['key list --jsno', /\(Did you mean --json\?\)/],
    ['restore --hlep-all', /\(Did you mean --help-all\?\)/],
  ])('%s gets a suggestion', async (line, expected) => {
    expect(await said(line)).toMatch(expected);
  });
});

describe('help', () => {
  it('is that of --help, and with a topic the topic', async () => {
    const help = await duplifs(['help', 'key', 'list']);
    expect(help).toEqual(await duplifs(['key', 'list', '--help']));
    expect(help.stdout).toMatch(/^Usage: duplifs key list/);
    expect(await duplifs(['help'])).toEqual(await duplifs(['--help']));
    for (const words of [['exit-codes'], ['exit', 'codes']]) {
      const { status, stdout } = await duplifs(['help', ...words]);
      expect([status, stdout]).toEqual([0, expect.stringContaining('a key or passphrase')]);
    }
    const { stdout } = await duplifs(['help', 'storage']);
    expect(stdout).toContain('--s3-endpoint-url <url>');
  });

  it('with --help-all has all options, wherever it stands', async () => {
    const { stdout } = await duplifs(['restore', '--help-all']);
    expect(stdout).toContain('--allow-rollback');
    expect((await duplifs(['--help-all', 'restore'])).stdout).toBe(stdout);
    expect((await duplifs(['restore', '--help'])).stdout).not.toContain('--allow-rollback');
    expect((await duplifs(['--help-all'])).stdout).toMatch(/^ {2}remove-all-but-n-full, ra /m);
  });
});

describe('called as duplicity', () => {
  const env = { DUPLIFS_AS: 'duplicity', COLUMNS: '80' };

  it('nothing of it is there', async () => {
    const { stdout, status } = await duplifs(['--help'], { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: duplicity \[options\] \[command\]\n/);
    expect(stdout).toMatch(/^ {2}help \[command\]/m);
    expect(stdout).not.toMatch(/completion|help-all/);
    const backup = await duplifs(['backup', '--help'], { env });
    expect(backup.stdout).toContain('--s3-endpoint-url <url>');
    expect(backup.stdout).toContain('(default: false)');
    const none = await duplifs([], { env });
    expect(none).toMatchObject({ status: 23, stdout: '' });
    expect(none.stderr).toContain('Expected a command');
    for (const words of [['--help-all'], ['help', 'storage'], ['completion', 'bash']]) {
      const { status: code, stderr } = await duplifs(words, { env });
      expect([code, stderr]).toEqual([23, expect.stringContaining('CommandLineError')]);
    }
  });
});
