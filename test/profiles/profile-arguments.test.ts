/** A profile's name on the command line: what the command gets. */
import { describe, expect, it } from 'vitest';
import { environmentSecret } from '../../src/cli/secrets.js';
import { profileHome } from './profile-home.js';

const home = profileHome();

const laptop = [
  'source = "/home/me"',
  'url = "file:///srv/backup"',
  'mountpoint = "/mnt/backup"',
  'encryption = false',
  'volsize = 25',
  'encrypt-key = ["A", "B"]',
  'include = ["/home/me/kept"]',
  'exclude = ["/home/me/**"]',
  '[backup]',
  'skip-if-no-change = true',
  '[mount]',
  'umask = "077"',
  '[retention]',
  'keep-daily = 7',
  'remove-older-than = "1Y"',
].join('\n');

describe('a profile for the URL', () => {
  it('gives backup source, URL and options in their order', async () => {
    home.write('laptop', laptop);
    expect(await home.expand('backup', 'laptop')).toEqual([
      'backup',
      ...['--skip-if-no-change', '--no-encryption', '--volsize=25', '--encrypt-key=A'],
      ...['--encrypt-key=B', '--include=/home/me/kept', '--exclude=/home/me/**'],
      ...['--', '/home/me', 'file:///srv/backup'],
    ]);
  });

  it('loses to what is typed; rules of selection that are typed come first', async () => {
    home.write('laptop', laptop);
    const words = [
      'full',
      '--volsize',
      '5',
      '--encrypt-key=C',
      '--exclude',
      '/x',
      '/other',
      'laptop',
    ];
    expect(await home.expand(...words)).toEqual([
      ...['full', '--volsize', '5', '--encrypt-key=C', '--exclude', '/x'],
      ...['--skip-if-no-change', '--no-encryption'],
      ...['--include=/home/me/kept', '--exclude=/home/me/**'],
      ...['--', '/other', 'file:///srv/backup'],
    ]);
  });

  it.each([
    [['mount', 'laptop'], ['/mnt/backup'], '--umask=077'],
    [['mount', 'laptop', '/mnt/other'], ['/mnt/other'], '--umask=077'],
    [['verify', 'laptop'], ['/home/me'], '--exclude=/home/me/**'],
    [['restore', 'laptop', '/tmp/new'], ['/tmp/new'], undefined],
    [['ls', 'laptop'], [], undefined],
    [['doctor', 'laptop'], [], undefined],
    [['prune', 'laptop'], [], '--keep-daily=7'],
    [['run', 'laptop', 'mount'], ['/mnt/backup'], '--umask=077'],
    [['run', 'laptop', 'ls', '--time', '3D'], [], undefined],
  ])('%j', async (words, after, option) => {
    home.write('laptop', laptop);
    const given = await home.expand(...words);
    expect(given.slice(given.indexOf('--') + 1)).toEqual(['file:///srv/backup', ...after]);
    if (option !== undefined) expect(given).toContain(option);
    // what says how to write is for those who write
    expect(given).not.toContain('--skip-if-no-change');
  });

  it('stands behind the time of remove-older-than, by itself and with run', async () => {
    home.write('laptop', laptop);
    for (const words of [
      ['remove-older-than', '1Y', 'laptop', '--force'],
      ['run', 'laptop', 'remove-older-than', '1Y', '--force'],
    ]) {
      const given = await home.expand(...words);
      expect(given.slice(given.indexOf('--') + 1)).toEqual(['1Y', 'file:///srv/backup']);
      expect(given).toContain('--force');
    }
  });

  it('is not looked for where the name is a URL, a path or the value of an option', async () => {
    home.write('laptop', laptop);
    for (const words of [
      ['ls', 'file:///laptop'],
      ['ls', './laptop'],
      ['ls', '--name', 'laptop', 'file:///x'],
      ['umount', 'laptop'],
    ]) {
      expect(await home.expand(...words)).toEqual(words);
    }
  });

  it('says what it lacks', async () => {
    home.write('base', 'volsize = 3');
    await expect(home.expand('ls', 'base')).rejects.toThrow('does not say where the backup lies');
    home.write('read', 'url = "file:///x"');
    await expect(home.expand('backup', 'read')).rejects.toThrow('does not say what to back up');
    await expect(home.expand('run', 'read', 'profile')).rejects.toThrow('is no command that');
  });
});

describe('the secrets of a profile', () => {
  it('are found by the command, and the passphrase is in no environment that a program gets', async () => {
    home.write(
      'a',
      'url = "file:///x"\n[secrets]\nPASSPHRASE = { command = ["printf", "of a program\\n"] }\nFTP_PASSWORD = { command = "printf of-a-shell" }\n[environment]\nAWS_PROFILE = "mine"\n',
    );
    await home.expand('ls', 'a');
    expect(environmentSecret('PASSPHRASE')?.toString()).toBe('of a program');
    expect(process.env['PASSPHRASE']).toBeUndefined();
    expect([process.env['FTP_PASSWORD'], process.env['AWS_PROFILE']]).toEqual([
      'of-a-shell',
      'mine',
    ]);
  });

  it.each([
    ['{ file = "/nowhere" }', 'Cannot read the PASSPHRASE of profile "a"'],
    ['{ command = "echo no >&2; exit 3" }', 'ended with 3: no'],
    ['{ command = "true" }', 'The PASSPHRASE of profile "a" is empty'],
    ['{ environment = "NOT_SET_AT_ALL" }', 'the variable NOT_SET_AT_ALL, which is not set'],
    ['{ secret-service = { service = "duplifs" } }', 'PASSPHRASE of profile "a"'],
  ])('that cannot be had end the command: %s', async (source, message) => {
    home.write('a', `url = "file:///x"\n[secrets]\nPASSPHRASE = ${source}\n`);
    const failure = await home
      .expand('ls', 'a')
      .catch((error: unknown) => error as Error & { hint: string });
    expect(`${String(failure)} ${'hint' in failure ? failure.hint : ''}`).toContain(message);
  });

  it('in a file that others may read are refused', async () => {
    const path = home.write('word', 'x', 0o644);
    home.write('a', `url = "file:///x"\n[secrets]\nPASSPHRASE = { file = "${path}" }\n`);
    await expect(home.expand('ls', 'a')).rejects.toThrow(`Others may read "${path}"`);
  });
});
