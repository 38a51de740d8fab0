import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasGpg } from '../../openpgp/gpg-home.js';
import { machines } from '../../support/machine.js';
import { duplifsScript, run } from '../../support/run.js';

const newMachine = machines();
const terminal = fileURLToPath(new URL('../../support/typing.py', import.meta.url));

interface Made {
  readonly keys: readonly {
    readonly use: string;
    readonly fingerprint: string;
    readonly option: string;
    readonly files: readonly string[] | null;
    readonly passphrase?: string;
    readonly passphraseBits?: number;
  }[];
}

describe.runIf(hasGpg)('key generate', { timeout: 300_000 }, () => {
  it('puts an encryption and a signing key into the keyring, which duplicity takes', async () => {
    const machine = newMachine();
    const secrets = { PASSPHRASE: 'of the one', SIGN_PASSPHRASE: 'of the other' };
    const [made] = await machine.json<Made>(['key', 'generate', '--name', 'Ada', '--sign'], {
      env: secrets,
    });
    const [encrypt, sign] = made?.keys ?? [];
    expect([encrypt?.option, sign?.option]).toEqual(['--encrypt-key', '--sign-key']);
    await writeFile(machine.at('file'), 'content');
    const ids = [
      '--encrypt-key',
      encrypt?.fingerprint ?? '',
      '--sign-key',
      sign?.fingerprint ?? '',
    ];
    const target = `file://${machine.at('target')}`;
    await machine.run('mkdir', ['source']);
    await machine.run('mv', ['file', 'source']);
    await machine.run('duplicity', ['full', ...ids, 'source', target], { env: secrets });
    await machine.run('duplicity', ['restore', ...ids.slice(2), target, 'back'], {
      env: { PASSPHRASE: 'of the one' },
    });
    expect(await readFile(machine.at('back', 'file'), 'utf8')).toBe('content');
    // the passphrases are those of their keys: the other's does not sign
    await machine.run('gpgconf', ['--kill', 'all']); // the agent remembers the right one
    const wrong = ['full', ...ids, machine.at('source'), `file://${machine.at('other')}`];
    const refused = await machine.duplifs(wrong, { env: { SIGN_PASSPHRASE: 'of the one' } });
    expect(refused.status).toBe(31);
  });

  it('writes files that only their owner can read, which need no keyring', async () => {
    const machine = newMachine();
    const none = ['--gpg-binary', '/nonexistent/gpg'];
    const args = [
      'key',
      'generate',
      ...none,
      '--to-files',
      'keys',
      '--generate-passphrase',
      '--words',
      '6',
    ];
    const [made] = await machine.json<Made>(args);
    const [key] = made?.keys ?? [];
    expect(key?.passphrase?.split(' ')).toHaveLength(6);
    expect(key?.passphraseBits).toBe(77);
    const names = await readdir(machine.at('keys'));
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect((await stat(machine.at('keys', name))).mode & 0o777).toBe(0o600);
    }
    await machine.run('mkdir', ['source']);
    const [secret = '', open = ''] = key?.files ?? [];
    const id = ['--encrypt-key', key?.fingerprint ?? ''];
    const target = `file://${machine.at('target')}`;
    await machine.ok(['full', ...none, ...id, '--key-file', open, 'source', target]);
    const env = { PASSPHRASE: key?.passphrase };
    await machine.ok(['ls', ...none, '--key-file', secret, target], { env });
    const blind = ['key', 'test', ...none, '--key-file', open, target];
    const wrong = await machine.duplifs(blind, { env });
    expect(wrong.status).toBe(31);
    expect(await readdir(machine.gnupg)).toEqual([]);
  });

  it('asks twice, and makes nothing where the two are not the same', async () => {
    const machine = newMachine();
    const command = [process.execPath, duplifsScript, 'key', 'generate', '--name', 'Ada'];
    const type = async (...lines: string[]): Promise<string> => {
      const env = { ...machine.env, LINES: lines.join('\n') };
      return (await run('python3', [terminal, ...command], { env })).stdout;
    };
    expect(await type('first', 'second')).toContain('The two passphrases are not the same');
    expect(await machine.ok(['key', 'list'])).toBe('');
    const shown = await type('grüne Heide', 'grüne Heide');
    expect(shown).toContain('--encrypt-key');
    expect(shown).not.toContain('Heide');
    const id = /--encrypt-key ([0-9A-F]{40})/.exec(shown)?.[1] ?? '';
    await machine.ok(['key', 'export', '--secret', id, 'bundle'], {
      env: { PASSPHRASE: 'grüne Heide', BUNDLE_PASSPHRASE: 'b' },
    });
  });

  it('refuses to guess: without a passphrase and a terminal it makes none', async () => {
    const machine = newMachine();
    const { status, stderr } = await machine.duplifs(['key', 'generate']);
    expect(status).toBe(31);
    expect(stderr).toContain('--generate-passphrase');
    expect(await machine.ok(['key', 'list'])).toBe('');
    await machine.ok(['key', 'generate', '--no-passphrase']);
    expect(await machine.ok(['key', 'list'])).toMatch(/^[0-9A-F]{40} {2}encrypt, open, sign\n/);
  });

  it('says what it cannot understand', async () => {
    const machine = newMachine();
    for (const args of [
      ['--expires', 'soon'],
      ['--algorithm', 'dsa'],
      ['--words', '2'],
    ]) {
      const { status } = await machine.duplifs(['key', 'generate', '--no-passphrase', ...args]);
      expect(status, args.join(' ')).toBe(2);
    }
  });
});
