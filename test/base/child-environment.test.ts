import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/base/index.js';

const secrets = {
  PASSPHRASE: 'secret',
  SIGN_PASSPHRASE: 'secret',
  FTP_PASSWORD: 'secret',
  AWS_ACCESS_KEY_ID: 'secret',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'secret',
  CLOUD_TOKEN: 'secret',
};
const usual = { PATH: '/bin', HOME: '/home/me', LANG: 'C', LC_ALL: 'C', TMPDIR: '/tmp' };

describe('the environment of another program', () => {
  it.each([undefined, 'gpg', 'rclone', 'rsync', 'ssh'] as const)(
    'has no secret in it that is not for %s',
    (program) => {
      expect(childEnvironment(program, { ...secrets, ...usual })).toEqual(usual);
    },
  );

  it('has what the program reads itself', () => {
    const own = {
      GNUPGHOME: 'gpg',
      GPG_TTY: 'gpg',
      RCLONE_CONFIG: 'rclone',
      RCLONE_CONFIG_MYREMOTE_TYPE: 'rclone',
      https_proxy: 'rclone ssh',
      RSYNC_PROXY: 'rsync',
      SSH_AUTH_SOCK: 'gpg rclone rsync ssh',
    };
    for (const program of ['gpg', 'rclone', 'rsync', 'ssh'] as const) {
      const wanted = Object.entries(own).filter(([, programs]) => programs.includes(program));
      expect(childEnvironment(program, own)).toEqual(Object.fromEntries(wanted));
    }
    expect(childEnvironment(undefined, own)).toEqual({});
  });
});
