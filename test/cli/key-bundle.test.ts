/** `--key-file` with a file of keys that is encrypted itself, as it is kept on paper or a stick. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isKeyBundle, Keyring, openKeyBundle } from '../../src/openpgp/index.js';
import { GpgHome, hasGpg } from '../openpgp/gpg-home.js';
import type { KeyIds } from '../openpgp/gpg-home.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs } from '../support/run.js';

const home = new GpgHome();
const withoutGpg = ['--gpg-binary', '/nonexistent/gpg'];
let key: KeyIds;
beforeAll(async () => {
  await built();
  key = home.makeKey('reader');
  home.makeKey('another');
});
afterAll(() => {
  home.remove();
});

const bundle = (...args: string[]): Buffer => {
  const keys = home.gpg(['--export-secret-keys']);
  return home.gpg(['-c', ...args], keys, 'of the bundle');
};

describe.runIf(hasGpg)('a file of keys that is encrypted by a passphrase', () => {
  it('opens a backup, with its passphrase among those that are given', async () => {
    await withFolder(async (folder) => {
      const source = join(folder, 'source');
      await mkdir(source);
      await writeFile(join(source, 'file'), 'content');
      const url = `file://${join(folder, 'target')}`;
      const made = ['full', '--encrypt-key', key.fingerprint, '--archive-dir', join(folder, 'a')];
      const env = { GNUPGHOME: home.path };
      expect(await duplifs([...made, source, url], { env })).toMatchObject({ status: 0 });
      for (const args of [[], ['--armor'], ['--cipher-algo', 'CAST5']]) {
        const file = join(folder, `keys${args.length}.gpg`);
        await writeFile(file, bundle(...args), { mode: 0o600 });
        const asked = [...withoutGpg, '--key-file', file, url];
        const opened = await duplifs(['ls', ...asked], { env: { PASSPHRASE: 'of the bundle' } });
        expect(opened, opened.stderr).toMatchObject({ status: 0 });
        expect(opened.stdout).toContain('file');
        const wrong = await duplifs(['ls', ...asked], { env: { PASSPHRASE: 'another' } });
        expect(wrong.status).toBe(31);
        expect(wrong.stderr).toContain(`"${file}": the passphrase is wrong`);
      }
    });
  });

  it('is asked for its passphrase, and is told from keys', async () => {
    const file = { path: 'keys.gpg', bytes: bundle() };
    expect(isKeyBundle(file)).toBe(true);
    expect(isKeyBundle({ path: 'a', bytes: home.gpg(['--export']) })).toBe(false);
    expect(isKeyBundle({ path: 'a', bytes: home.gpg(['--export', '--armor']) })).toBe(false);
    const questions: string[] = [];
    const ask = (question: string): Promise<string> => {
      questions.push(question);
      return Promise.resolve('of the bundle');
    };
    const opened = await openKeyBundle(file, new Keyring({ ask }));
    expect(questions).toEqual([expect.stringContaining('keys.gpg')]);
    const inside = new Keyring({ keyFiles: [opened] });
    expect(await inside.publicKeys(key.fingerprint)).toHaveLength(1);
    expect(await inside.keyFiles.secret()).toHaveLength(4);
  });
});
