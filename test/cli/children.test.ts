import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { file, folder, timesOf, writeSet } from '../support/craft.js';
import { duplifs } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

const secrets = {
  PASSPHRASE: 'secret-1',
  SIGN_PASSPHRASE: 'secret-2',
  FTP_PASSWORD: 'secret-3',
  AWS_ACCESS_KEY_ID: 'secret-4',
  AWS_SECRET_ACCESS_KEY: 'secret-5',
  AWS_SESSION_TOKEN: 'secret-6',
};

/** Stands before the programs of the same names, and notes their environments and arguments. */
function watched(home: string, programs: readonly string[]): { PATH: string; said: () => string } {
  const folderOfPrograms = join(home, 'bin');
  const log = join(home, 'children');
  mkdirSync(folderOfPrograms);
  for (const program of programs) {
    const real = execFileSync('/bin/sh', ['-c', `command -v ${program} || echo /bin/false`]);
    const script = join(folderOfPrograms, program);
    writeFileSync(
      script,
      `#!/bin/sh\n{ echo "== ${program} $*"; env; } >> ${log}\nexec ${real.toString().trim()} "$@"\n`,
    );
    chmodSync(script, 0o755);
  }
  return {
    PATH: `${folderOfPrograms}:${process.env['PATH']}`,
    said: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
  };
}

describe('programs that duplifs runs', () => {
  it.each([
    ['mknod', 'file', []],
    ['getent', 'file', []],
    ['gpg', 'doctor', []],
    ['rsync', 'rsync://127.0.0.1:1/x', []],
    ['rclone', 'rclone://nowhere:x', []],
    ['ssh-proxy', 'sftp://user@127.0.0.1/x', ['--ssh-options', '-oProxyCommand=ssh-proxy']],
  ])('%s sees no secret of ours', async (program, what, more) => {
    const home = newFolder();
    const { PATH, said } = watched(home, [program]);
    const target = join(home, 'target');
    writeSet(target, {
      times: timesOf(0),
      volumes: [
        [folder(''), { path: 'fifo', type: 'fifo' }, file('f', 'x', { userName: 'nosuchuser' })],
      ],
    });
    const args =
      what === 'file'
        ? ['restore', target, join(home, 'out')]
        : ['ls', what === 'doctor' ? target : what, '--num-retries', '1', ...more];
    const words = what === 'doctor' ? ['doctor', target] : args;
    await duplifs([...words, '--archive-dir', join(home, 'archive')], {
      env: { ...secrets, PATH, HOME: home },
    });
    expect(said()).toContain(`== ${program}`);
    expect(said()).not.toContain('secret-');
    expect(said()).toContain(`HOME=${home}`);
  });
});
