/** Profile files: what they may say, and what is said of those that are wrong. */
import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { personality } from '../../src/cli/personality.js';
import { allOptionKeys, newProgram } from '../../src/cli/program.js';
import { profileHome } from './profile-home.js';

const home = profileHome();

async function refusal(name: string): Promise<{ message: string; hint: string | undefined }> {
  return await home.load(name).then(
    () => ({ message: 'it was taken', hint: undefined }),
    (error: unknown) => error as { message: string; hint: string | undefined },
  );
}

describe('a profile with mistakes', () => {
  it('is refused with file, line and key of each, and the key that may be meant', async () => {
    const path = home.write(
      'a',
      [
        'source = "/home"',
        'urll = "file:///x"',
        '[run]',
        'chek = "1/3"',
        '[retention]',
        'keep-dayly = 3',
        '[[notify]]',
        'kind = "mail"',
        'to = "me@example.org"',
        'form = "x"',
        '[backup]',
        'volsise = 20',
      ].join('\n'),
    );
    const { message } = await refusal('a');
    expect(message.split('; "').join('\n; "')).toContain(`${path}:2: urll: There is no such key`);
    for (const [line, key, near] of [
      [2, 'urll', 'url'],
      [4, 'run.chek', 'check'],
      [6, 'retention.keep-dayly', 'keep-daily'],
      [10, 'notify.0.form', 'from'],
      [12, 'backup.volsise', 'volsize'],
    ] as const) {
      expect(message).toContain(`${path}:${line}: ${key}: There is no such key; "${near}" is one`);
    }
  });

  it('is told which values an option does not take, in the words of the command line', async () => {
    const path = home.write('a', 'volsize = 0\nverbosity = "loud"\nprogress = "no"\n');
    const { message } = await refusal('a');
    expect(message).toContain(`${path}:1: volsize: Give 1 to 65536 MiB.`);
    expect(message).toContain(`${path}:2: verbosity: Give 0 to 9, or error`);
    expect(message).toContain(`${path}:3: progress: Give true or false`);
  });

  it('that is not TOML is refused with the line', async () => {
    const path = home.write('a', 'source = "/home"\nurl = file:///x\n');
    const { message } = await refusal('a');
    expect(message).toMatch(new RegExp(`^${path}:2: This is not TOML: .`));
  });

  it.each([
    ['[schedule]\nevery = "7m"', 'schedule.every: "7m" is no schedule'],
    ['[run]\noverdue-after = "3 days"', 'run.overdue-after: "3 days" is not an interval'],
    ['[run]\ncheck = "a bit"', 'run.check: Give a share such as "1/12"'],
    ['[log]\nmode = "rw"', 'log.mode: Give permission bits in octal'],
    ['[[notify]]\nkind = "pigeon"', 'The kind is one of mail, ntfy'],
    ['[secrets]\nPASSPHRASE = { fiel = "/x" }', 'secrets.PASSPHRASE: It is none of the forms'],
    [
      'selection = [{ exclud = "**" }]',
      'selection.0.exclud: There is no such key; "exclude" is one',
    ],
  ])('%j is refused', async (text, message) => {
    home.write('a', text);
    expect((await refusal('a')).message).toContain(message);
  });

  it('finds the line of a key behind strings and lists over several lines', async () => {
    const path = home.write(
      'a',
      'description = """\nurl = "no key"\n[run]\n"""\nexclude = [\n  "a#b", # x = 1\n  \'[c\',\n]\nnope = 1\n',
    );
    expect((await refusal('a')).message).toContain(`${path}:9: nope: `);
  });

  it('names the one that is meant when there is no such profile', async () => {
    home.write('laptop', 'source = "/home"');
    const { message, hint } = await refusal('labtop');
    expect([message, hint]).toEqual(['There is no profile "labtop"', 'Did you mean "laptop"?']);
  });
});

describe('a profile that others may read', () => {
  it.each([
    ['url = "sftp://me:secret@host/x"', 'url'],
    ['[secrets]\nPASSPHRASE = "secret"', 'secrets.PASSPHRASE'],
    ['[[notify]]\nkind = "gotify"\nurl = "https://g"\ntoken = "secret"', 'notify.0.token'],
    ['webdav-headers = "Authorization: secret"', 'webdav-headers'],
  ])('is refused when it holds a secret: %j', async (text, key) => {
    const path = home.write('a', text, 0o644);
    const { message, hint } = await refusal('a');
    expect(message).toMatch(new RegExp(`^${path}:\\d: ${key}: This is a secret`));
    expect(message).not.toContain('secret"');
    expect(hint).toContain(`chmod 600 "${path}"`);
    chmodSync(path, 0o600);
    await expect(home.load('a')).resolves.toBeDefined();
  });

  it('is taken when its secrets come from elsewhere', async () => {
    home.write(
      'a',
      'url = { file = "/x" }\n[secrets]\nPASSPHRASE = { command = "pass show x" }\n',
      0o644,
    );
    await expect(home.load('a')).resolves.toBeDefined();
  });

  it('or that others may write to is refused whatever it holds, for it can run commands', async () => {
    const path = home.write('a', 'source = "/home"');
    chmodSync(path, 0o620);
    const { message, hint } = await refusal('a');
    expect(message).toBe(`Others may write to "${path}", which can run commands`);
    expect(hint).toBe(`Run: chmod go-w "${path}"`);
  });
});

describe('the keys of profiles', () => {
  it('are all options of all commands that take a URL', () => {
    const keys = allOptionKeys();
    const commands = newProgram({ ...personality(), isDuplicity: false }).commands.filter(
      (command) => command.registeredArguments.some((argument) => argument.name() === 'url'),
    );
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands) {
      // without a path it has the name of a profile, and no options of one
      if (['remove-probe', 'history'].includes(command.name())) continue;
      const table = ['full', 'incremental'].includes(command.name()) ? 'backup' : command.name();
      const known = new Set(keys.commands.get(table)?.map(({ key }) => key));
      for (const { long } of command.options) {
        const key = long?.replace(/^--(?:no-)?/, '');
        expect(known, `${command.name()} ${long ?? ''}`).toContain(key);
      }
    }
  });
});

describe('extends', () => {
  it('takes what is common from another profile; what the own file says wins, and its rules come first', async () => {
    home.write(
      'base',
      [
        'volsize = 50',
        'full-if-older-than = "1M"',
        'exclude = ["/home/**/cache"]',
        '[secrets]',
        'PASSPHRASE = { file = "/p" }',
        '[retention]',
        'keep-daily = 7',
        'keep-weekly = 4',
      ].join('\n'),
    );
    home.write(
      'laptop',
      'extends = "base"\nsource = "/home"\nurl = "file:///t"\nvolsize = 20\ninclude = ["/home/me"]\nexclude = ["**"]\n[retention]\nkeep-daily = 14\n',
    );
    const profile = await home.load('laptop');
    expect(profile.retention).toEqual({ 'keep-daily': 14, 'keep-weekly': 4 });
    expect(profile.secrets).toEqual({ PASSPHRASE: { file: '/p' } });
    expect(profile.options).toEqual([
      { key: 'volsize', values: ['20'] },
      { key: 'include', values: ['/home/me'] },
      { key: 'exclude', values: ['**'] },
      { key: 'full-if-older-than', values: ['1M'] },
      { key: 'exclude', values: ['/home/**/cache'] },
    ]);
  });

  it('ends where two profiles extend each other', async () => {
    home.write('a', 'extends = "b"\nvolsize = 1');
    home.write('b', 'extends = "a"\nvolsize = 2');
    expect((await home.load('a')).options).toEqual([{ key: 'volsize', values: ['1'] }]);
  });

  it('names the file whose base is not there', async () => {
    const path = home.write('a', 'extends = "gone"');
    expect((await refusal('a')).message).toBe(
      `There is no profile "gone", which "${path}" extends`,
    );
  });
});
