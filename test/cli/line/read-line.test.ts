/** Lines as scripts have them for duplicity, and what commander gets for them. */
import { describe, expect, it } from 'vitest';
import { readLine } from '../../../src/cli/line/index.js';
import { personalityOf } from '../../../src/cli/personality.js';
import { newProgram } from '../../../src/cli/program.js';

const url = 'file:///backup';

function read(line: string | readonly string[], as: 'duplifs' | 'duplicity' = 'duplifs'): string {
  const argv = typeof line === 'string' ? line.split(' ') : line;
  const who = personalityOf(as, {});
  const env = { HOME: '/home/me', WHERE: '/there' };
  const { args } = readLine(argv, { program: newProgram(who), isStrict: who.isDuplicity, env });
  return args.join(' ');
}

describe('a line of ours', () => {
  it.each([
    `backup /src ${url}`,
    `mount ${url} /mnt --time 3D --allow-other`,
    `restore ${url} /out --path-to-restore a/b`,
    `ls ${url} --json`,
    `prune --keep-within 7D --keep-last 3 ${url} --force`,
  ])('%s keeps its meaning', (line) => {
    const [, ...words] = line.split(' ');
    const given = read(line);
    for (const word of words) expect(given.split(/[ =]/)).toContain(word);
  });

  it.each([
    ['backup --frobnicate /src file:///x', /--frobnicate/],
    ['mount --jsonn file:///x /mnt', /--jsonn/],
  ])('%s leaves what is unknown to commander', (line, unknown) => {
    expect(read(line)).toMatch(unknown);
  });

  it('has no command where none is named or meant', () => {
    expect(read('--help')).toBe('--help');
    expect(read('help backup')).toBe('help backup');
    expect(read('/a /b')).toBe('/a /b');
  });
});

describe('a line without a verb', () => {
  it('is a backup or a restore, by which argument is the URL', () => {
    expect(read(`/src ${url}`)).toBe(`backup /src ${url}`);
    expect(read(`${url} /out`)).toBe(`restore ${url} /out`);
    expect(read(`-t 3D ${url} /out`)).toBe(`restore --time=3D ${url} /out`);
    expect(read(`--full-if-older-than 1M /src ${url}`)).toBe(
      `backup --full-if-older-than=1M /src ${url}`,
    );
  });

  it.each(['/a /b', `${url} ${url}`, url])('%s is refused for duplicity', (line) => {
    expect(() => read(line, 'duplicity')).toThrow('Expected a command');
  });
});

describe('verbs', () => {
  it.each([
    ['fb', 'full', 2],
    ['ib', 'incremental', 2],
    ['inc', 'incremental', 2],
    ['incr', 'incremental', 2],
    ['bu', 'backup', 2],
    ['f', 'full', 2],
    ['incrementa', 'incremental', 2],
    ['st', 'collection-status', 1],
    ['coll', 'collection-status', 1],
    ['ls', 'list-current-files', 1],
    ['l', 'list-current-files', 1],
    ['cl', 'cleanup', 1],
    ['clean', 'cleanup', 1],
    ['ro', 'remove-older-than', 2],
    ['ra', 'remove-all-but-n-full', 2],
    ['ri', 'remove-all-inc-of-but-n-full', 2],
    ['remove-o', 'remove-older-than', 2],
  ] as const)('%s is %s', (word, verb, count) => {
    const rest = count === 1 ? url : verb.startsWith('remove') ? `1M ${url}` : `/src ${url}`;
    expect(read(`${word} ${rest}`, 'duplicity')).toBe(`${verb} ${rest}`);
  });

  it.each([
    ['rb', 'restore'],
    ['vb', 'verify'],
    ['v', 'verify'],
    ['rest', 'restore'],
  ])('%s is %s', (word, verb) => {
    expect(read(`${word} ${url} /out`, 'duplicity')).toBe(`${verb} ${url} /out`);
  });

  it('stand behind options', () => {
    expect(read(`--no-encryption --volsize 5 full /src ${url}`)).toBe(
      `full --no-encryption --volsize=5 /src ${url}`,
    );
    expect(read(`-v8 collection-status ${url}`)).toBe(`collection-status --verbosity=8 ${url}`);
  });

  it('that are the beginning of several are refused', () => {
    expect(() => read(`re ${url} /out`, 'duplicity')).toThrow(
      /may be restore or remove-older-than/,
    );
  });

  it('are none where they are the name of a folder', () => {
    expect(read(`full ${url}`, 'duplicity')).toBe(`full ${url}`);
    expect(read(`f ${url}`, 'duplicity')).toBe(`backup f ${url}`);
    expect(() => read(`r ${url}`, 'duplicity')).toThrow(/may be restore or remove/);
  });

  it('of ours are none for duplicity', () => {
    expect(() => read(`mount ${url} /mnt`, 'duplicity')).toThrow('Expected a command');
  });
});

describe('options', () => {
  it.each([
    ['--num-ret=2', '--num-retries=2'],
    ['--num-ret 2', '--num-retries=2'],
    ['--no-encrypt', '--no-encryption'],
    ['-v 3', '--verbosity=3'],
    ['-v3', '--verbosity=3'],
    ['-vinfo', '--verbosity=info'],
    ['--verb notice', '--verbosity=notice'],
    ['--archive-dir=~/cache', '--archive-dir=/home/me/cache'],
    ['--archive-dir $WHERE/x', '--archive-dir=/there/x'],
    ['--tempdir ${WHERE}', '--tempdir=/there'],
    ['--exclude **', '--exclude=**'],
    ['--exclude-globbing-filelist l', '--exclude-filelist=l'],
    ['--include-filelist-stdin', '--include-filelist-stdin'],
    ['--fail 2', '--fail-on-volume=2'],
    ['--volsize 1 --gpg-options --homedir=/x', '--volsize=1 --gpg-options=--homedir=/x'],
  ])('%s', (given, expected) => {
    expect(read(`full ${given} /src ${url}`, 'duplicity')).toBe(`full ${expected} /src ${url}`);
  });

  it.each([
    ['-t 3D', '--time=3D'],
    ['-t3D', '--time=3D'],
    ['--restore-time 3D', '--time=3D'],
    ['--time=3D', '--time=3D'],
    ['-r a/b', '--path-to-restore=a/b'],
    ['--file-to-restore a', '--path-to-restore=a'],
    ['--do-not-restore-ownership', '--no-restore-ownership'],
    ['--rename a b', '--rename=a\0b'],
  ])('%s', (given, expected) => {
    expect(read(`restore ${given} ${url} /out`)).toBe(`restore ${expected} ${url} /out`);
  });

  it('of duplicity that a command has no use for are dropped', () => {
    expect(read(`collection-status --full-if-older-than 1M --volsize 5 ${url}`)).toBe(
      `collection-status ${url}`,
    );
    expect(read(`ls --asynchronous-upload --gio ${url}`)).toBe(`list-current-files ${url}`);
  });

  it('that would leave to chance whether something is written are not', () => {
    expect(read(`ls --dry-run ${url}`)).toBe(`list-current-files ${url}`);
    expect(read('umount --dry-run /mnt')).toBe('umount --dry-run /mnt');
  });

  it('that are the beginning of several are refused', () => {
    expect(() => read(`full --exclude-f x /src ${url}`, 'duplicity')).not.toThrow();
    expect(() => read(`full --s3-use x /src ${url}`, 'duplicity')).toThrow(/may be/);
  });

  it('end at "--", and values may begin with a dash', () => {
    expect(read(['full', '--', '-odd', url])).toBe(`full -- -odd ${url}`);
    expect(read(['full', '--exclude', '-x', '/src', url])).toBe(`full --exclude=-x /src ${url}`);
  });

  it('--version and -V stand anywhere', () => {
    expect(read('--version')).toBe('--version');
    expect(read(`full -V /src ${url}`, 'duplicity')).toBe('--version');
  });
});

describe('lines of programs that call duplicity', () => {
  it.each([
    // Mail-in-a-Box
    [
      `full --verbosity warning --no-print-statistics --archive-dir /c --exclude /src/cache --volsize 250 --allow-source-mismatch /src ${url}`,
      `full --verbosity=warning --no-print-statistics --archive-dir=/c --exclude=/src/cache --volsize=250 --allow-source-mismatch /src ${url}`,
    ],
    [
      `remove-older-than 3D --verbosity error --archive-dir /c --force ${url}`,
      `remove-older-than --verbosity=error --archive-dir=/c --force 3D ${url}`,
    ],
    [
      `collection-status --archive-dir /c --log-fd 1 ${url}`,
      `collection-status --archive-dir=/c --log-fd=1 ${url}`,
    ],
    // duply
    [
      `--name duply_x --no-encryption --verbosity 4 --full-if-older-than 1M --volsize 50 --exclude-filelist /p/exclude /src ${url}`,
      `backup --name=duply_x --no-encryption --verbosity=4 --full-if-older-than=1M --volsize=50 --exclude-filelist=/p/exclude /src ${url}`,
    ],
    [
      `collection-status --name duply_x --encrypt-key 12345678 --verbosity 4 --full-if-older-than 1M --volsize 50 ${url}`,
      `collection-status --name=duply_x --verbosity=4 ${url}`,
    ],
    [
      `--name duply_x --encrypt-key 12345678 --verbosity 4 --restore-time now --volsize 50 --file-to-restore a ${url} /out`,
      `restore --name=duply_x --verbosity=4 --time=now --path-to-restore=a ${url} /out`,
    ],
    // duplicity-backup.sh
    [
      `--verbosity 3 --full-if-older-than 14D --s3-use-new-style --encrypt-key=12345678 --sign-key=12345678 --include=/home --exclude=** / ${url}`,
      `backup --verbosity=3 --full-if-older-than=14D --encrypt-key=12345678 --sign-key=12345678 --include=/home --exclude=** / ${url}`,
    ],
    // Déjà Dup
    [
      `--include=/home/me --exclude=** --gio --volsize=50 / gio+file:///b --dry-run --no-encryption --verbosity=9 --timeout=120 --archive-dir=/c --tempdir=/tmp --log-fd=18`,
      `backup --include=/home/me --exclude=** --volsize=50 --dry-run --no-encryption --verbosity=9 --timeout=120 --archive-dir=/c --tempdir=/tmp --log-fd=18 / gio+file:///b`,
    ],
  ])('%s', (given, expected) => {
    expect(read(given, 'duplicity')).toBe(expected);
  });
});
