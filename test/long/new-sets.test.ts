/** A mount shows what other machines back up meanwhile. Takes a minute, for that is the promise. */
import { cp, mkdir, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains, chain, differences, folderName } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount, until } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';

const promisedMs = 60_000;

describe.runIf(canMount && canMakeChains)('a backup set that is put while a mount runs', () => {
  it('shows up under snapshots/, latest, at/ and versions/ within a minute', async () => {
    const backup = await chain('gzip');
    const newest = new Date((backup.times.at(-1) ?? 0) * 1000).toISOString();
    const stamp = newest.replace('.000', '').replaceAll(/[-:]/g, '');
    const folders = backup.times.map(folderName);
    const before = folders.slice(0, -1);
    await withFolder(async (folder) => {
      const target = join(folder, 'target');
      await mkdir(target);
      const copy = async (isNewest: boolean): Promise<void> => {
        const names = await readdir(backup.target);
        const manifestsLast = names.sort(
          (a, b) => +a.includes('manifest') - +b.includes('manifest'),
        );
        for (const name of manifestsLast) {
          if (name.includes(`.to.${stamp}.`) === isNewest) {
            await cp(join(backup.target, name), join(target, name));
          }
        }
      };
      await copy(false);
      await withMount({ url: `file://${target}` }, async (mounted) => {
        const shown = async (): Promise<string[]> =>
          (await readdir(mounted.at('snapshots'))).sort();
        const notes = async (): Promise<string[]> =>
          (await readdir(mounted.at('versions/text/notes.txt'))).sort();
        const size = async (time: string): Promise<number> =>
          (await stat(mounted.at('at', time, 'big/log.txt'))).size;
        expect(await shown()).toEqual(before);
        expect(await notes()).toHaveLength(before.length);
        expect(await readlink(mounted.at('latest'))).toBe(`snapshots/${before.at(-1) ?? ''}`);
        const sizeBefore = await size('now');

        await copy(true);
        await until(async () => (await shown()).length === folders.length, promisedMs);
        expect(await shown()).toEqual(folders);
        expect(await readlink(mounted.at('latest'))).toBe(`snapshots/${folders.at(-1) ?? ''}`);
        expect(await size('now')).toBeGreaterThan(sizeBefore);
        expect(await notes()).toHaveLength(folders.length);
        const found = await differences(
          backup.recordings.at(-1) ?? '',
          mounted.at('snapshots', folders.at(-1) ?? ''),
        );
        expect(found).toEqual([]);
      });
    });
  });
});
