/** What options mean, and what is said of values that they do not take. */
import { describe, expect, it } from 'vitest';
import { duplifs } from '../support/run.js';

describe('mount --umask', () => {
  it('says that it takes octal digits', async () => {
    const { status: code, stderr } = await duplifs(['mount', '--umask', '089', 'file:///x', '/x']);
    expect([code, stderr.match(/'089' is invalid.*/)?.[0]]).toEqual([
      2,
      "'089' is invalid. Give permission bits in octal, as 077.",
    ]);
  });
});

describe('mount with URL and mountpoint swapped', () => {
  it('says which comes first, without the password of the URL', async () => {
    for (const daemon of [[], ['--daemon']]) {
      const args = ['mount', ...daemon, '/mnt', 'sftp://me:secret@host/backup'];
      const { status, stderr } = await duplifs(args);
      expect([status, stderr]).toEqual([
        2,
        'duplifs: The mountpoint "sftp://me@host/backup" is a URL\n' +
          '  The URL comes first: duplifs mount sftp://me@host/backup /mnt\n',
      ]);
    }
  });
});

describe('--encrypt-sign-key', () => {
  it('is in the help of commands that read, which demand a signature by that key', async () => {
    const { stdout: reading } = await duplifs(['restore', '--help-all']);
    expect(reading).toMatch(/--encrypt-sign-key <id> +the same, as duplicity writes with it/);
    const { stdout: writing } = await duplifs(['backup', '--help-all']);
    expect(writing.match(/--encrypt-sign-key <id> .*/g)).toEqual([
      expect.stringMatching(/encrypt to this key and sign with it$/) as string,
    ]);
  });
});
