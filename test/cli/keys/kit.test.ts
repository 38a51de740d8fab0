/** `kit` and `kit open`: from a machine with everything to one with nothing. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasGpg } from '../../openpgp/gpg-home.js';
import { Service, servicesHere } from '../../services/service.js';
import { machines } from '../../support/machine.js';
import type { Machine } from '../../support/machine.js';

const newMachine = machines();
const secrets = { PASSPHRASE: 'of the key', KIT_PASSPHRASE: 'of the kit' };

async function withKeys(machine: Machine): Promise<readonly string[]> {
  const [made] = await machine.json<{ keys: { fingerprint: string }[] }>(
    ['key', 'generate', '--sign'],
    { env: secrets },
  );
  const [encrypt = '', sign = ''] = made?.keys.map(({ fingerprint }) => fingerprint) ?? [];
  return ['--encrypt-key', encrypt, '--sign-key', sign];
}

async function withSource(machine: Machine): Promise<void> {
  await mkdir(machine.at('source'));
  await writeFile(machine.at('source', 'file'), 'content');
}

describe.runIf(hasGpg && servicesHere)('a kit for a backup by SFTP', { timeout: 300_000 }, () => {
  let sshd: Service;
  let first: Machine;
  let url: string;
  let ids: readonly string[];
  beforeAll(async () => {
    sshd = await Service.start('sftp');
    url = `sftp://${sshd.get('USER')}@127.0.0.1:${sshd.get('PORT')}/for-kits`;
    first = newMachine();
    await mkdir(first.at('.ssh'), { mode: 0o700 });
    await first.run('cp', [sshd.get('KEY_FILE'), first.at('.ssh/id_ed25519')]);
    await first.run('cp', [sshd.get('KNOWN_HOSTS'), first.at('.ssh/known_hosts')]);
    ids = await withKeys(first);
    await withSource(first);
    await first.ok(['full', ...ids, '--file-prefix', 'ada-', 'source', url], { env: secrets });
    const more = ['--sign-key', ids[3] ?? '', '--file-prefix', 'ada-', '--with-credentials'];
    await first.ok(['kit', ...more, url, 'kit.gpg'], { env: secrets });
  });
  afterAll(async () => {
    await sshd.remove();
  });

  it('sets up a new machine, which restores and goes on', async () => {
    const second = newMachine();
    await second.run('cp', [first.at('kit.gpg'), '.']);
    const before = await second.duplifs(['ls', '--file-prefix', 'ada-', url], { env: secrets });
    expect(before.status).not.toBe(0);
    const shown = await second.ok(['kit', 'open', 'kit.gpg'], { env: secrets });
    expect(shown).toContain('can be restored');
    expect(shown).toContain('The key of the server is noted for ssh');
    const [, line = ''] = /^Restore with: {2}duplifs (.*) FOLDER$/m.exec(shown) ?? [];
    expect(line).toContain('--file-prefix=ada-');
    expect(line).toContain(`--sign-key=${ids[3] ?? ''}`);
    const { HOME = '' } = second.env;
    const script = `eval "set -- ${line.replaceAll('"', '\\"')} back" && printf '%s\\n' "$@"`;
    const words = (await second.shell(script)).stdout.trim().split('\n');
    await second.ok(words, { env: secrets });
    expect(await readFile(second.at('back/file'), 'utf8')).toBe('content');
    expect(await readFile(`${HOME}/.ssh/known_hosts`, 'utf8')).toContain('ssh-ed25519');
    expect((await stat(second.at('duplifs-kit/ssh/key-1'))).mode & 0o777).toBe(0o600);
    // once more: nothing is there twice
    const again = await second.ok(['kit', 'open', 'kit.gpg'], { env: secrets });
    expect(again).toContain('The key of the server is known');
  });

  it('is set up by gpg, tar and duplicity alone, as its README says', async () => {
    const second = newMachine();
    await second.run('cp', [first.at('kit.gpg'), 'FILE']);
    const quiet = 'gpg --batch --pinentry-mode loopback --passphrase "of the kit" -d FILE';
    expect(await second.shell(`${quiet} | tar x`)).toMatchObject({ status: 0 });
    const readme = await readFile(second.at('duplifs-kit/README.txt'), 'utf8');
    const [, part = ''] =
      /With duplicity and GnuPG alone\n(.*)What is in the kit/s.exec(readme) ?? [];
    const lines = [...part.matchAll(/^ {4}(.*)$/gm)].map(([, line = '']) => line);
    const option = lines.find((line) => line.startsWith('--ssh-options')) ?? '';
    const script = lines
      .filter((line) => !line.startsWith('--ssh-options') && !line.startsWith('gpg -d'))
      .map((line) =>
        line
          .replace('gpg --import', 'gpg --batch --import')
          .replace('read -rs PASSPHRASE', 'PASSPHRASE="of the key"')
          .replace('duplicity restore', `duplicity restore ${option}`),
      );
    expect(script.join('\n')).toMatch(/import-ownertrust.*known_hosts.*duplicity restore/s);
    // OpenSSH looks for the home of the account, not for HOME
    const hosts = `-oUserKnownHostsFile=${second.at('.ssh/known_hosts')} -oIdentitiesOnly=yes `;
    const whole = script.join('\n').replace('"-oIdentityFile', `"${hosts}-oIdentityFile`);
    const ran = await second.shell(whole);
    expect(ran, ran.stderr).toMatchObject({ status: 0 });
    expect(await readFile(second.at('duplifs-kit/restored/file'), 'utf8')).toBe('content');
  });

  it('does not touch the known key of a server that is another', async () => {
    const second = newMachine();
    await second.run('cp', [first.at('kit.gpg'), '.']);
    await mkdir(second.at('.ssh'));
    await second.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', 'other']);
    const [type = '', blob = ''] = (await readFile(second.at('other.pub'), 'utf8')).split(' ');
    const line = `[127.0.0.1]:${sshd.get('PORT')} ${type} ${blob}\n`;
    await writeFile(second.at('.ssh/known_hosts'), line);
    const { status, stderr } = await second.duplifs(['kit', 'open', 'kit.gpg'], { env: secrets });
    expect(status, stderr).toBe(51);
    expect(stderr).toContain(`Another key of "[127.0.0.1]:${sshd.get('PORT')}" is known`);
    expect(await readFile(second.at('.ssh/known_hosts'), 'utf8')).toBe(line);
  });
});

describe.runIf(hasGpg)('a kit', { timeout: 300_000 }, () => {
  it('leaves the keyring alone when it is told to', async () => {
    const first = newMachine();
    const ids = await withKeys(first);
    await withSource(first);
    const url = `file://${first.at('target')}`;
    await first.ok(['full', ...ids, 'source', url], { env: secrets });
    await first.ok(['kit', url, 'kit'], { env: secrets });
    const second = newMachine();
    const args = ['kit', 'open', '--no-keyring', '--into', 'here', '--gpg-binary', '/nonexistent'];
    const shown = await second.ok([...args, first.at('kit')], { env: secrets });
    expect(shown).toMatch(/by the secret key [0-9A-F]{16} in ".*here\/keys\.asc"/);
    expect(shown).toContain(`--key-file=${second.at('here/keys.asc')}`);
  });

  it('is not made where it would not open the backup, unless that is wanted', async () => {
    const first = newMachine();
    const ids = await withKeys(first);
    await withSource(first);
    const url = `file://${first.at('target')}`;
    await first.ok(['full', ...ids, 'source', url], { env: secrets });
    const server = newMachine();
    const { status, stderr } = await server.duplifs(['kit', url, 'kit'], { env: secrets });
    expect(status, stderr).toBe(31);
    expect(stderr).toContain('would not open the set');
    await expect(stat(server.at('kit'))).rejects.toThrow('ENOENT');
    const [made] = await server.json<{ opensAll: boolean }>(
      ['kit', '--allow-missing-keys', url, 'kit'],
      { env: secrets },
    );
    expect(made?.opensAll).toBe(false);
  });

  it('has the passphrase of the backup only where that is asked for, and says so', async () => {
    const machine = newMachine();
    await withSource(machine);
    const url = `file://${machine.at('target')}`;
    const env = { PASSPHRASE: 'of the backup', KIT_PASSPHRASE: 'of the kit' };
    await machine.ok(['full', 'source', url], { env });
    const without = await machine.duplifs(['kit', url, 'without'], { env });
    expect(without.status).toBe(0);
    expect(without.stderr).toContain('is opened by a passphrase that is not in the kit');
    await machine.ok(['kit', '--with-passphrases', url, 'with'], { env });
    const kitOnly = { KIT_PASSPHRASE: 'of the kit' };
    const second = newMachine();
    const opened = await second.ok(['kit', 'open', machine.at('with')], { env: kitOnly });
    expect(opened).toContain('by the passphrase number 1 in');
    const third = newMachine();
    const closed = await third.duplifs(['kit', 'open', machine.at('without')], { env: kitOnly });
    expect(closed.status).toBe(31);
    expect(await readFile(third.at('duplifs-kit/README.txt'), 'utf8')).toContain(
      'It is NOT in the kit',
    );
  });

  it('has a passphrase of its own, and keeps what is there', async () => {
    const machine = newMachine();
    await withSource(machine);
    const url = `file://${machine.at('target')}`;
    const env = { PASSPHRASE: 'the same', KIT_PASSPHRASE: 'the same' };
    await machine.ok(['full', 'source', url], { env });
    const same = await machine.duplifs(['kit', url, 'kit'], { env });
    expect(same.status).toBe(31);
    expect(same.stderr).toContain('of its own');
    await writeFile(machine.at('kit'), 'something else');
    const [made] = await machine.json<{ passphrase: string }>(
      ['kit', '--generate-passphrase', url, 'new'],
      { env: { PASSPHRASE: 'the same' } },
    );
    expect(made?.passphrase.split(' ')).toHaveLength(7);
    const there = await machine.duplifs(['kit', '--generate-passphrase', url, 'kit'], { env });
    expect(there.status).toBe(11);
    expect(await readFile(machine.at('kit'), 'utf8')).toBe('something else');
    const wrong = await machine.duplifs(['kit', 'open', 'new'], { env });
    expect(wrong.status).toBe(31);
  });
});
