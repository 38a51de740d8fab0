/** URLs of folders on this machine, however they are written. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifs } from '../support/run.js';

beforeAll(built);

/** A folder with one small backup in it. */
async function smallBackup(folder: string): Promise<{ target: string; args: string[] }> {
  const [source, target] = [join(folder, 'source'), join(folder, 'disk/my backup')];
  await mkdir(source);
  await mkdir(join(folder, 'disk'));
  await writeFile(join(source, 'file'), 'content');
  const args = ['--archive-dir', join(folder, 'archive')];
  const url = `gio+file://${join(folder, 'disk/my%20backup')}`;
  const made = await duplifs(['backup', '--no-encryption', ...args, source, url]);
  expect(made, made.stderr).toMatchObject({ status: 0 });
  return { target, args };
}

describe('the URL of a local folder', () => {
  it('may be that of Déjà Dup, and have its scheme in capitals', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallBackup(folder);
      for (const scheme of ['gio+file', 'FILE', 'Gio+File', 'file']) {
        const listed = await duplifs(['ls', ...args, `${scheme}://${target}`]);
        expect(listed, listed.stderr).toMatchObject({ status: 0 });
        expect(listed.stdout).toContain(' file');
      }
      const other = await duplifs(['ls', ...args, 'gio+davs://cloud.example.org/x']);
      expect(other.stderr).toContain('Write webdavs://');
    });
  });

  it('is held against the mountpoint, also in capitals and in a multi or rclone URL', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallBackup(folder);
      const inside = join(target, 'mountpoint');
      await mkdir(inside);
      const config = join(folder, 'multi.json');
      await writeFile(
        config,
        JSON.stringify([{ url: `FILE://${target}` }, { url: `file://${folder}/x` }]),
      );
      const urls = [
        target,
        `file://${target}`,
        `FILE://${target}`,
        `gio+file://${target}`,
        `multi://${config}?mode=mirror`,
        `rclone://:local:${target}`,
      ];
      for (const url of urls) {
        const mounted = await duplifs(['mount', ...args, url, inside]);
        expect(mounted.status, url).not.toBe(0);
        expect(mounted.stderr, url).toContain('overlaps the storage');
      }
    });
  });

  it('that names the folder around the backup is said to, with the one that it is in', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallBackup(folder);
      const above = `file://${join(folder, 'disk')}`;
      const mountpoint = join(folder, 'mnt');
      await mkdir(mountpoint);
      for (const command of [
        ['ls', above],
        ['collection-status', above],
        ['restore', above, join(folder, 'out')],
        ['mount', above, mountpoint],
      ]) {
        const [verb = '', ...more] = command;
        const { status, stderr } = await duplifs([verb, ...args, ...more]);
        expect([verb, status]).toEqual([verb, 20]);
        expect(stderr).toContain('one level below');
        expect(stderr).toContain(`"${target}"`);
        expect(stderr).not.toMatch(/make one/i);
      }
      const report = await duplifs(['doctor', ...args, above]);
      expect(report.stdout).toContain(`"${target}"`);
      expect(report.stdout).not.toMatch(/make one/i);
    });
  });
});
