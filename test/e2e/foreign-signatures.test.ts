/** Signatures that are of another set of the same chain: duplicity's files do not say whose they are. */
import { copyFile, cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { madeChain } from '../support/harmed-chains.js';
import { duplifs } from '../support/run.js';

/** Of the incremental between; from, and in the place of, the signatures of another set. */
async function withForeign(
  work: (place: { url: string; source: string; archive: string[]; key: string }) => Promise<void>,
): Promise<void> {
  const { root } = await madeChain('plain', 'ddd', 'own');
  await withFolder(async (folder) => {
    const target = join(folder, 'target');
    await cp(join(root, 'target'), target, { recursive: true });
    const names = (await readdir(target)).filter((name) => name.includes('signatures'));
    const [full = '', first = ''] = names.toSorted();
    await copyFile(join(target, full), join(target, first));
    const key = /\d{8}T\d{6}Z\.to\.\d{8}T\d{6}Z/.exec(first)?.[0] ?? 'none';
    const archive = ['--archive-dir', join(folder, 'archive')];
    await work({ url: `file://${target}`, source: join(root, 'source'), archive, key });
  });
}

describe.runIf(canMakeChains)(
  'a chain in which the signatures of one set are those of another',
  () => {
    it('is listed from its volumes instead, and the file is named', async () => {
      await withForeign(async ({ url, archive, key }) => {
        const listed = await duplifs(['ls', ...archive, url], {});
        const names = listed.stdout.split('\n').map((line) => line.slice(25));
        expect(names).toContain('folder/new-1');
        expect(names).not.toContain('gone');
        expect(listed.stderr).toContain(`${key}.sigtar.gz" cannot be used`);
        expect(listed.stderr).toContain(`those that the manifest of set ${key} lists`);
      });
    });

    it('does not verify, and the sets that differ are named', async () => {
      await withForeign(async ({ url, source, archive, key }) => {
        const verified = await duplifs(['verify', ...archive, url, source], {});
        expect(verified.status).not.toBe(0);
        expect(verified.stdout).toMatch(new RegExp(`^What differs is in .*${key}`, 'm'));
      });
    });

    it('is whole to verify where they are right', async () => {
      const { root } = await madeChain('plain', 'ddd', 'own');
      await withFolder(async (folder) => {
        const archive = ['--archive-dir', join(folder, 'archive')];
        const words = [
          'verify',
          ...archive,
          `file://${join(root, 'target')}`,
          join(root, 'source'),
        ];
        const verified = await duplifs(words, {});
        expect(verified.stdout).not.toContain('differs');
        expect(verified.status, verified.stderr).toBe(0);
      });
    });
  },
);
