/** Profiles made of what other programs keep. Nothing of it is run. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { allOptionKeys } from '../../src/cli/program.js';
import { importProfile } from '../../src/profiles/index.js';
import { profileHome } from './profile-home.js';

const home = profileHome();

interface Taken {
  readonly values: Record<string, unknown>;
  readonly leftOut: readonly string[];
  readonly name: string;
}

/** Imports a text, and proves that the profile has no mistakes. */
async function imported(text: string, file = 'file.conf'): Promise<Taken> {
  const path = join(home.folder(), file);
  writeFileSync(path, text);
  return await importedFrom(path);
}

async function importedFrom(path: string): Promise<Taken> {
  const { text, leftOut, name } = await importProfile(path, allOptionKeys());
  home.write('imported', text);
  await home.load('imported');
  return { values: parse(text), leftOut: leftOut.map(({ what }) => what), name };
}

describe('a configuration of duplicity-backup.sh', () => {
  const configuration = (marker: string): string => `#!/bin/bash
# the machine's backup
AWS_ACCESS_KEY_ID="AKIA"
AWS_SECRET_ACCESS_KEY='se"cret'
ENCRYPTION='yes'
PASSPHRASE="correct horse"   # a comment
ROOT="/home"
export HOST=box
DEST="s3://bucket/\${HOST}/"
INCLIST=( "/home/me/Documents/" \\
          /home/me/Pictures   # pictures
          '/home/me/with space'
)
EXCLIST=( "/home/me/Documents/**/cache" )
STATIC_OPTIONS="--full-if-older-than 14D --s3-use-new-style --no-such-thing 3"
STATIC_OPTIONS+=" --copy-links"
CLEAN_UP_TYPE="remove-all-but-n-full"
CLEAN_UP_VARIABLE="4"
LOGDIR="/var/log/duplicity/"
LOG_FILE="duplicity-\`date +%Y\`-$(touch ${marker}).txt"
LOG_FILE_OWNER="me:adm"
REMOVE_LOGS_OLDER_THAN='30'
VERBOSITY="-v3"
EMAIL_TO="me@example.org"
EMAIL_FAILURE_ONLY="yes"
HOSTNAME2=$(touch ${marker})
touch ${marker}
`;

  it('becomes a profile with source, URL, secrets, rules in their order, retention, log and mail', async () => {
    const marker = join(home.folder(), 'was-run');
    const { values, leftOut, name } = await imported(configuration(marker), 'box.conf');
    expect(name).toBe('box');
    expect(values).toEqual({
      source: '/home',
      url: 's3://bucket/box/',
      selection: [
        { exclude: '/home/me/Documents/**/cache' },
        { include: '/home/me/Documents' },
        { include: '/home/me/Pictures' },
        { include: '/home/me/with space' },
        { exclude: '**' },
      ],
      'full-if-older-than': '14D',
      'copy-links': true,
      verbosity: '3',
      secrets: {
        AWS_ACCESS_KEY_ID: 'AKIA',
        AWS_SECRET_ACCESS_KEY: 'se"cret',
        PASSPHRASE: 'correct horse',
      },
      retention: { 'remove-all-but-n-full': 4 },
      log: { folder: '/var/log/duplicity', owner: 'me', group: 'adm', 'keep-days': 30 },
      notify: [
        {
          kind: 'mail',
          on: ['warning', 'failure', 'overdue'],
          to: 'me@example.org',
          'attach-log': true,
        },
      ],
    });
    expect(leftOut).toEqual([
      'HOSTNAME2',
      '--s3-use-new-style',
      '--no-such-thing 3',
      expect.stringMatching(/^line \d+: touch /) as string,
    ]);
    expect(existsSync(marker)).toBe(false);
  });

  it('with keys encrypts to one and signs with the other; without encryption it says so', async () => {
    const base = 'ROOT=/h\nDEST=file:///t\n';
    const keys = 'GPG_ENC_KEY=AA\nGPG_SIGN_KEY=BB\nPASSPHRASE=x\n';
    expect((await imported(`${base}ENCRYPTION=yes\n${keys}`)).values).toMatchObject({
      'encrypt-key': 'AA',
      'sign-key': 'BB',
      secrets: { PASSPHRASE: 'x', SIGN_PASSPHRASE: 'x' },
    });
    expect((await imported(`${base}${keys}HIDE_KEY_ID=yes`)).values).toMatchObject({
      'hidden-encrypt-key': 'AA',
    });
    const off = (await imported(`${base}ENCRYPTION=no\n${keys}`)).values;
    expect([off['encryption'], off['secrets']]).toEqual([false, undefined]);
  });
});

describe('a profile of duply', () => {
  it('becomes a profile, with its list of what is left out, and its scripts named', async () => {
    const folder = join(home.folder(), 'laptop');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'conf'),
      `GPG_KEY='ABCD'
GPG_PW='pass'
GPG_OPTS='--cipher-algo AES256'
TARGET='sftp://host/backup'
TARGET_USER='me@home'
SOURCE='/home'
MAX_AGE=1Y
MAX_FULL_BACKUPS=4
MAX_FULLS_WITH_INCRS=2
MAX_FULLBKP_AGE=1M
DUPL_PARAMS="$DUPL_PARAMS --full-if-older-than $MAX_FULLBKP_AGE "
VOLSIZE=50
DUPL_PARAMS="$DUPL_PARAMS --volsize $VOLSIZE --exclude-other-filesystems"
`,
    );
    writeFileSync(join(folder, 'exclude'), '- **/cache\n');
    writeFileSync(join(folder, 'pre'), 'touch /nowhere\n');
    const { values, leftOut, name } = await importedFrom(folder);
    expect(name).toBe('laptop');
    expect(values).toEqual({
      source: '/home',
      url: 'sftp://me%40home@host/backup',
      'encrypt-key': ['ABCD'],
      'sign-key': 'ABCD',
      volsize: '50',
      'full-if-older-than': '1M',
      'gpg-options': '--cipher-algo AES256',
      selection: [
        { 'exclude-other-filesystems': true },
        { 'exclude-filelist': join(folder, 'exclude') },
      ],
      secrets: { PASSPHRASE: 'pass', SIGN_PASSPHRASE: 'pass' },
      retention: {
        'remove-older-than': '1Y',
        'remove-all-but-n-full': 4,
        'remove-all-inc-of-but-n-full': 2,
      },
    });
    expect(leftOut).toEqual([join(folder, 'pre')]);
  });
});

describe('settings of Déjà Dup', () => {
  it('become a profile of what they include and leave out', async () => {
    const { values } = await imported(`[/]
backend='remote'
delete-after=182
exclude-list=['$TRASH', '$DOWNLOAD', '/home/x/it\\'s']
include-list=['$HOME', '$DOCUMENTS/work']
last-backup='2026-01-01T00:00:00Z'
periodic=true
periodic-period=uint32 7

[remote]
folder='backup/box'
uri='sftp://me@host/'
`);
    const me = homedir();
    expect(values).toMatchObject({
      source: '/',
      url: 'sftp://me@host/backup/box',
      retention: { 'remove-older-than': '182D' },
      schedule: { every: 'weekly' },
    });
    const rules = values['selection'] as Record<string, string>[];
    expect(rules.slice(-5)).toEqual([
      { exclude: `${me}/Downloads` },
      { exclude: "/home/x/it's" },
      { include: me },
      { include: `${me}/Documents/work` },
      { exclude: '**' },
    ]);
  });
});

describe('a crontab', () => {
  it('with a line that runs duplicity becomes a profile with its schedule', async () => {
    const marker = join(home.folder(), 'was-run');
    const { values, leftOut } = await imported(`MAILTO=me@example.org
# nightly
30 2 * * 1-5 PASSPHRASE='a b' nice -n 10 /usr/bin/duplicity incr --full-if-older-than 1M --exclude '/home/me/50\\% off' --no-compression --asynchronous-upload -v4 /home/me sftp://me@host/x >> /var/log/d.log 2>&1 && touch ${marker}
0 5 * * 0 duplicity remove-older-than 6M --force sftp://me@host/x
5 5 * * * /usr/bin/other thing
`);
    expect(values).toEqual({
      'full-if-older-than': '1M',
      compression: false,
      verbosity: '4',
      source: '/home/me',
      url: 'sftp://me@host/x',
      selection: [{ exclude: '/home/me/50% off' }],
      schedule: { every: '30 2 * * 1-5' },
      secrets: { PASSPHRASE: 'a b' },
      retention: { 'remove-older-than': '6M' },
      notify: [{ kind: 'mail', to: 'me@example.org' }],
    });
    expect(leftOut).toEqual([
      '--asynchronous-upload',
      `touch ${marker}`,
      '--force',
      '5 5 * * * /usr/bin/other thing',
    ]);
    expect(existsSync(marker)).toBe(false);
  });

  it('that makes its arguments by running something is refused', async () => {
    await expect(imported('0 1 * * * duplicity $(cat opts) /h file:///t')).rejects.toThrow(
      'runs other commands to make its arguments',
    );
  });
});

describe('anything else', () => {
  it('is refused, with what there may be', async () => {
    await expect(imported('hello world\n')).rejects.toThrow(
      'is nothing that a profile could be made of',
    );
  });
});
