/** `repair` of an index that others have written: the volumes, which are verified, say it better. */
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { madeChain } from '../support/harmed-chains.js';
import { built, duplifs, runOk } from '../support/run.js';

beforeAll(built);

describe('a signed set', () => {
  it('gets another index in the place of one that somebody else has written', async () => {
    await withFolder(async (root) => {
      const { root: made, keys } = await madeChain('signed', 'u', 'own');
      const target = join(root, 'target');
      await cp(join(made, 'target'), target, { recursive: true });
      const [index = ''] = (await readdir(target)).filter((one) => /^duplifs-index\./.test(one));
      const { env } = keys;
      const passphrase = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-fd', '0'];
      const path = join(root, 'index');
      const input = env['PASSPHRASE'] ?? '';
      await runOk('gpg', [...passphrase, '-o', path, '-d', join(target, index)], { env, input });
      const [, encrypter = ''] = keys.write;
      const unsigned = ['--batch', '--yes', '--trust-model', 'always', '-r', encrypter];
      await runOk('gpg', [...unsigned, '-o', join(target, index), '-e', path], { env });
      const here = ['--archive-dir', join(root, 'archive'), `file://${target}`];
      const found = await duplifs(['check', ...keys.read, ...here], { env });
      expect(found).toMatchObject({ status: 22, stderr: '' });
      const repaired = await duplifs(['repair', '--force', ...keys.write, ...here], { env });
      expect([repaired.status, repaired.stderr]).toEqual([0, repaired.stderr]);
      expect(repaired.stdout).toContain('All is well now.');
      expect(repaired.stderr).not.toContain('lock');
      const checked = await duplifs(['check', '--read-data', ...keys.read, ...here], { env });
      expect([checked.status, checked.stdout]).toEqual([0, checked.stdout]);
    });
  });
});
