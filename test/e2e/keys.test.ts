/** Keys that are wrong or missing, and storage that somebody has changed. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GpgHome } from '../openpgp/gpg-home.js';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain, ChainName } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { duplifs, root, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';

const unhelpful = { PASSPHRASE: undefined, GNUPGHOME: '/nonexistent' };

async function mountOf(
  { url }: Chain,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finished> {
  return withFolder((folder) =>
    duplifs(['mount', ...args, url, folder], { env, timeoutMs: 30_000 }),
  );
}

describe.runIf(canMount && canMakeChains)('a mount that cannot be opened', () => {
  async function refused(
    name: ChainName,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<string> {
    const backup = await chain(name);
    const { status, stderr } = await mountOf(backup, args, env);
    expect(status, stderr).toBe(31);
    expect(stderr).toMatch(/duplicity-(full|inc|new|full-signatures)\.[^ ]*\.gpg/);
    return stderr;
  }

  it('names the file when the passphrase is wrong', async () => {
    const mistaken = 'not the passphrase of it';
    const stderr = await refused('v3-passphrase', [], { ...unhelpful, PASSPHRASE: mistaken });
    expect(stderr).not.toContain(mistaken);
  });

  it('names the file when there is no passphrase and nobody to ask', async () => {
    await refused('v3-passphrase', [], unhelpful);
  });

  it('names the file when the keyring has no key for it', async () => {
    await withFolder((empty) => refused('v3-signed', [], { ...unhelpful, GNUPGHOME: empty }));
  });

  it('names the file when there is no gpg and no key file', async () => {
    await refused('v3-signed', ['--gpg-binary', '/nonexistent/gpg'], unhelpful);
  });

  it('names the file when the key file is that of another', async () => {
    const key = join(root, 'test', 'fixtures', 'signer.pkey');
    const args = ['--gpg-binary', '/nonexistent/gpg', '--key-file', key];
    await refused('v3-signed', args, { ...unhelpful, PASSPHRASE: 'signer-pass' });
  });

  it("names the file when the key file's passphrase is wrong", async () => {
    const key = join(root, 'test', 'fixtures', 'encrypter.pkey');
    const args = ['--gpg-binary', '/nonexistent/gpg', '--key-file', key];
    await refused('v3-signed', args, { ...unhelpful, PASSPHRASE: 'wrong' });
  });

  it('says that a key file is missing, or is none', async () => {
    const backup = await chain('v3-signed');
    const missing = await mountOf(backup, ['--key-file', '/nonexistent/key'], unhelpful);
    expect(missing).toMatchObject({ status: 31 });
    expect(missing.stderr).toContain('/nonexistent/key');
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'key'), 'no key at all');
      const none = await mountOf(backup, ['--key-file', join(folder, 'key')], unhelpful);
      expect(none.status).toBe(31);
      expect(none.stderr).toContain(join(folder, 'key'));
    });
  });
});

describe.runIf(canMount && canMakeChains)('with --sign-key', () => {
  const keyFiles = ['encrypter.pkey', 'signer.key'].flatMap((name) => [
    '--key-file',
    join(root, 'test', 'fixtures', name),
  ]);
  /** Of the fixtures' keys; the second has signed v3-signed. */
  const encrypter = '279163394B346A03F774756EBC391B69379BF57C';
  const signer = '81E5FE0BD4F21BEFEF3AC99AFE8DE8D193E94220';

  async function refused(name: ChainName, signKey: string, reason: string): Promise<void> {
    const backup = await chain(name);
    const env = { ...unhelpful, PASSPHRASE: backup.env['PASSPHRASE'] };
    const args = ['--gpg-binary', '/nonexistent/gpg', ...keyFiles, '--sign-key', signKey];
    // manifests are signed as volumes are, so that nothing of such a set is shown
    const mounting = withMount({ url: backup.url, args, env }, () => Promise.resolve());
    await expect(mounting).rejects.toThrow(reason);
    await expect(mounting).rejects.toThrow(/"duplicity-[^ ]*\.manifest\.gpg"/);
    await withFolder(async (folder) => {
      const target = join(folder, 'notes.txt');
      const only = ['-r', 'text/notes.txt', backup.url, target];
      const { status, stderr } = await duplifs(['restore', ...args, ...only], { env });
      expect(status, stderr).toBe(22);
      expect(stderr).toContain(reason);
      expect(await readdir(folder)).toEqual([]);
    });
  }

  it('a set that another key has signed is refused', async () => {
    await refused('v3-signed', encrypter, 'signed');
  });

  it('a set that nobody has signed is refused', async () => {
    await refused('v3-passphrase', signer, 'is not signed');
  });
});

describe.runIf(canMount && canMakeChains)(
  'a chain whose sets were made with different keys',
  () => {
    it('is opened by trying for each file what there is', async () => {
      await withFolder(async (folder) => {
        const at = (name: string): string => join(folder, name);
        await mkdir(at('gnupg'), { mode: 0o700 });
        const home = new GpgHome(at('gnupg'));
        const { fingerprint } = home.makeKey('one');
        home.gpg(['--import-ownertrust'], `${fingerprint}:6:\n`);
        home.gpg(['--output', at('one.pkey'), '--export-secret-keys', fingerprint]);
        await mkdir(at('source'));
        const backUp = async (
          text: string,
          time: number,
          options: readonly string[],
        ): Promise<void> => {
          await writeFile(at(`source/${text}`), text);
          const fixed = ['--archive-dir', at('cache'), '--current-time', `${time}`];
          const env = { PASSPHRASE: 'two', GNUPGHOME: home.path };
          const places = [at('source'), `file://${at('target')}`];
          await runOk('duplicity', [...fixed, ...options, ...places], { env });
        };
        await backUp('by key', 1_700_000_000, ['--encrypt-key', fingerprint]);
        await backUp('by passphrase', 1_700_086_400, []);
        home.endAgent();

        const args = ['--gpg-binary', '/nonexistent/gpg', '--key-file', at('one.pkey')];
        const url = `file://${at('target')}`;
        const env = { ...unhelpful, PASSPHRASE: 'two' };
        await withMount({ url, args, env }, async (mounted) => {
          for (const name of ['by key', 'by passphrase']) {
            expect(await readFile(mounted.at('latest', name), 'utf8')).toBe(name);
          }
        });
        const without = await duplifs(['ls', '--gpg-binary', '/nonexistent/gpg', url], { env });
        expect(without.status).toBe(31);
        expect(without.stderr).toContain('duplicity-full');
      });
    });
  },
);
