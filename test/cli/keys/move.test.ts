/** Keys from one machine to another: exported, imported, trusted, and by gpg alone. */
import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasGpg } from '../../openpgp/gpg-home.js';
import { machines } from '../../support/machine.js';
import type { Machine } from '../../support/machine.js';

const newMachine = machines();
const secrets = { PASSPHRASE: 'of the key', BUNDLE_PASSPHRASE: 'of the bundle' };
let first: Machine;
let id: string;
let signId: string;

interface Listed {
  readonly fingerprint: string;
  readonly encrypts: boolean;
  readonly opens: boolean;
  readonly signs: boolean;
  readonly trusted: boolean | null;
  readonly ownertrust: string | null;
  readonly file: string | null;
}

async function listed(machine: Machine, ...args: string[]): Promise<Listed[]> {
  return machine.json<Listed>(['key', 'list', ...args]);
}

describe.runIf(hasGpg)('keys', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    first = newMachine();
    const [made] = await first.json<{ keys: { fingerprint: string }[] }>(
      ['key', 'generate', '--sign', '--name', 'Ada'],
      { env: secrets },
    );
    [id = '', signId = ''] = made?.keys.map(({ fingerprint }) => fingerprint) ?? [];
    await first.ok(['key', 'export', '--secret', id, signId, 'bundle.asc'], { env: secrets });
    await first.ok(['key', 'export', id, 'public.asc']);
    await first.ok(['key', 'export', '--ownertrust', id, 'trust.txt']);
  });

  it('go in a bundle with their secret parts and their trust', async () => {
    const second = newMachine();
    await second.run('cp', [first.at('bundle.asc'), '.']);
    await second.ok(['key', 'import', 'bundle.asc'], { env: secrets });
    const usable = {
      encrypts: true,
      opens: true,
      signs: true,
      trusted: true,
      ownertrust: 'ultimate',
    };
    expect(await listed(second)).toEqual([
      expect.objectContaining({ fingerprint: id, ...usable }),
      expect.objectContaining({ fingerprint: signId, ...usable, encrypts: false, opens: false }),
    ]);
    // and open what was encrypted to them
    const message = await second.shell(
      `echo hello | gpg --batch -e -r ${id} | gpg --batch --pinentry-mode loopback --passphrase-fd 3 -d 3<<<"of the key"`,
    );
    expect(message, message.stderr).toMatchObject({ status: 0, stdout: 'hello\n' });
  });

  it('are opened by gpg alone, with the lines that stand in the bundle', async () => {
    const second = newMachine();
    await second.run('cp', [first.at('bundle.asc'), 'FILE']);
    const open = 'gpg --batch --pinentry-mode loopback --passphrase "of the bundle" -d FILE';
    const { stdout } = await second.shell(open);
    const lines = [...stdout.matchAll(/^# {3}(gpg -d FILE .*)$/gm)].map(([, line = '']) => line);
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const ran = await second.shell(
        line.replace('gpg -d FILE', open).replace('| gpg ', '| gpg --batch '),
      );
      expect(ran, ran.stderr).toMatchObject({ status: 0 });
    }
    const all = await listed(second);
    expect(all.map((one) => one.fingerprint)).toEqual([id, signId]);
    for (const one of all) expect(one).toMatchObject({ signs: true, ownertrust: 'ultimate' });
    expect(all[0]?.opens).toBe(true);
  });

  it('open backups out of the bundle as it is', async () => {
    const [inBundle] = await first.json<Listed>(
      ['key', 'list', '--key-file', 'bundle.asc', '--gpg-binary', '/nonexistent/gpg'],
      { env: { PASSPHRASE: 'of the bundle' } },
    );
    expect(inBundle).toMatchObject({ fingerprint: id, file: 'bundle.asc', opens: true });
  });

  it('are in a bundle that AES-256 and the dearest passphrase hashing protect', async () => {
    const bytes = await readFile(first.at('bundle.asc'), 'latin1');
    expect(bytes).toMatch(/^-----BEGIN PGP MESSAGE-----\n/);
    const { stdout, stderr } = await first.shell(
      'gpg --batch --pinentry-mode loopback --passphrase "of the bundle" --list-packets bundle.asc',
    );
    expect(stdout).toMatch(/symkey enc packet: version 4, cipher 9, (?:aead 0, ?)?s2k 3, hash 8/);
    expect(stdout).toContain('count 65011712 (255)');
    expect(stderr).toContain('AES256');
    expect((await stat(first.at('bundle.asc'))).mode & 0o777).toBe(0o600);
  });

  it('stay where they are when the passphrase of the bundle is wrong, or missing', async () => {
    const second = newMachine();
    for (const passphrase of ['another', undefined]) {
      const args = ['key', 'import', first.at('bundle.asc')];
      const { status, stderr } = await second.duplifs(args, {
        env: { BUNDLE_PASSPHRASE: passphrase },
      });
      expect(status, stderr).toBe(31);
    }
    expect(await listed(second).catch(() => [])).toEqual([]);
  });

  it('in public are not trusted until that is said', async () => {
    const second = newMachine();
    await second.ok(['key', 'import', first.at('public.asc')]);
    const [before] = await listed(second);
    expect(before).toMatchObject({ fingerprint: id, trusted: false, opens: false, encrypts: true });
    await second.run('mkdir', ['source']);
    const backUp = ['full', '--encrypt-key', id, 'source', 'file://target'];
    await expect(second.run('duplicity', backUp)).rejects.toThrow(/no assurance|There is no/i);
    await second.ok(['key', 'trust', id]);
    expect((await listed(second))[0]).toMatchObject({ trusted: true, ownertrust: 'ultimate' });
    await second.run('duplicity', backUp);
    await second.ok(['key', 'trust', id, '--level', 'undefined']);
    expect((await listed(second))[0]).toMatchObject({ trusted: false });
    await second.ok(['key', 'import', first.at('trust.txt')]);
    expect((await listed(second))[0]).toMatchObject({ trusted: true });
  });

  it('take no trust from a file that anybody can have written', async () => {
    const second = newMachine();
    const open = await readFile(first.at('public.asc'), 'utf8');
    await writeFile(second.at('planted.asc'), `${id}:6:\n${open}`);
    const { status, stderr } = await second.duplifs(['key', 'import', 'planted.asc']);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('anybody can have written it');
    expect((await listed(second))[0]).toMatchObject({ trusted: false });
    await second.ok(['key', 'import', '--trust', 'planted.asc']);
    expect((await listed(second))[0]).toMatchObject({ trusted: true });
  });

  it('never replace a file unless they are told to, and never write through a link', async () => {
    const machine = newMachine();
    await machine.run('cp', [first.at('public.asc'), '.']);
    const again = ['key', 'export', '--key-file', 'public.asc', id, 'out.asc'];
    await writeFile(machine.at('elsewhere'), 'untouched', { mode: 0o644 });
    await symlink('elsewhere', machine.at('out.asc'));
    const refused = await machine.duplifs(again);
    expect(refused.status).toBe(11);
    expect(refused.stderr).toContain('--force');
    await machine.ok([...again, '--force']);
    expect(await readFile(machine.at('elsewhere'), 'utf8')).toBe('untouched');
    expect(await readFile(machine.at('out.asc'), 'utf8')).toContain('PUBLIC KEY BLOCK');
    expect((await stat(machine.at('out.asc'))).mode & 0o777).toBe(0o600);
  });

  it('are not exported in part when a passphrase is wrong, and nothing is written', async () => {
    const args = ['key', 'export', '--secret', id, 'never.asc'];
    const env = { PASSPHRASE: 'wrong', BUNDLE_PASSPHRASE: 'b' };
    const { status, stderr } = await first.duplifs(args, { env });
    expect(status, stderr).toBe(31);
    await expect(stat(first.at('never.asc'))).rejects.toThrow('ENOENT');
    const second = newMachine();
    await second.ok(['key', 'import', first.at('public.asc')]);
    const none = await second.duplifs(args, { env });
    expect(none.status).toBe(31);
    expect(none.stderr).toContain('is not here');
  });

  it('are named by what fits one of them alone', async () => {
    const unknown = await first.duplifs(['key', 'export', '0123456789ABCDEF', 'x']);
    expect(unknown.status).toBe(31);
    const name = await first.duplifs(['key', 'trust', 'Ada']);
    expect(name.status).toBe(31);
    expect(name.stderr).toContain('is not the id of a key');
    const alone = await first.duplifs(['key', 'export', 'only-a-file']);
    expect(alone.status).toBe(2);
  });
});
