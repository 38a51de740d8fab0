/** A temporary folder with less room than the cache of decoded volumes is to have. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { noise } from '../support/noise.js';
import { duplifs, run, runOk } from '../support/run.js';

describe.runIf(canMount && canMakeChains)('a temporary folder of 2 MB', () => {
  /** A backup by duplicity, whose volumes must be decoded whole, of two files in several volumes. */
  async function withBackup(
    use: (place: { folder: string; url: string; tempdir: string }) => Promise<void>,
  ): Promise<void> {
    await withFolder(async (folder) => {
      const [source, tempdir] = [join(folder, 'source'), join(folder, 'tmp')];
      const url = `file://${join(folder, 'target')}`;
      for (const one of [source, tempdir]) await mkdir(one);
      await writeFile(join(source, 'one'), noise(9_000_000));
      await writeFile(join(source, 'two'), noise(5_000_000));
      const options = ['--no-encryption', '--volsize', '3', '--archive-dir', join(folder, 'own')];
      await runOk('duplicity', ['full', ...options, source, url]);
      await runOk('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', tempdir]);
      try {
        await use({ folder, url, tempdir });
      } finally {
        await run('umount', ['-l', tempdir]);
      }
    });
  }

  it('is enough for a mount, which says so once', async () => {
    await withBackup(async ({ folder, url, tempdir }) => {
      await withMount({ url, args: ['--tempdir', tempdir] }, async (mounted) => {
        for (const name of ['one', 'two', 'one']) {
          const [read, kept] = [mounted.at('latest', name), join(folder, 'source', name)];
          expect((await readFile(read)).equals(await readFile(kept))).toBe(true);
        }
        expect(mounted.log.split(`"${tempdir}" is full`)).toHaveLength(2);
        for (const option of ['--tempdir', '--cache-size']) expect(mounted.log).toContain(option);
      });
    });
  });

  it('is enough for a restore', async () => {
    await withBackup(async ({ folder, url, tempdir }) => {
      const out = join(folder, 'out');
      const restored = await duplifs(['restore', '--tempdir', tempdir, url, out]);
      expect(restored, restored.stderr).toMatchObject({ status: 0 });
      expect(await run('diff', ['-r', join(folder, 'source'), out])).toMatchObject({ status: 0 });
    });
  });
});
