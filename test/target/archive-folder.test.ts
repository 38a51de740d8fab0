/** Which folder of the archive dir is a target's. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveFolderFor } from '../../src/target/index.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs } from '../support/run.js';

const ofUrl = (url: string): string => {
  const name = createHash('md5').update(url).digest('hex');
  return resolve('/archive', name);
};
const folderFor = (url: string): string => archiveFolderFor(url, { archiveDir: '/archive' });

describe("a target's folder in the archive dir", () => {
  it.each([
    ...['file:///srv/backup', '/srv/backup', 'sftp://me@host/backup', 's3://bucket/backup'],
    ...['par2+file:///srv/backup', 'rclone://remote:backup'],
  ])('is called by the URL, as duplicity does (%s)', (url) => {
    expect(folderFor(url)).toBe(ofUrl(url));
  });

  it.each([
    ['backup', 'file://', '/backup'],
    ['./a/../backup', 'file://', '/backup'],
    ['file://backup', 'file://', '/backup'],
    ['par2+file://backup', 'par2+file://', '/backup'],
  ])('is called by the whole path of one that begins here (%s)', (url, scheme, path) => {
    expect(folderFor(url)).toBe(ofUrl(`${scheme}${process.cwd()}${path}`));
  });

  it('is not that of a target of the same name elsewhere', async () => {
    await built();
    await withFolder(async (root) => {
      const env = { XDG_CACHE_HOME: join(root, 'cache') };
      for (const name of ['one', 'two']) {
        const cwd = join(root, name);
        await mkdir(join(cwd, 'source'), { recursive: true });
        await writeFile(join(cwd, 'source', name), 'content');
        const made = await duplifs(['full', '--no-encryption', 'source', 'backup'], { cwd, env });
        expect(made).toMatchObject({ status: 0, stderr: '' });
      }
      const cwd = join(root, 'one');
      const listed = await duplifs(['ls', 'backup'], { cwd, env });
      expect(listed).toMatchObject({ status: 0, stderr: '' });
      expect(listed.stdout).toContain('one');
    });
  });
});
