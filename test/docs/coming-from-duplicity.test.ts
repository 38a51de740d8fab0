/** Each line of docs/coming-from-duplicity.md is run as it stands there. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifsScript, root, run } from '../support/run.js';

describe('docs/coming-from-duplicity.md', () => {
  it('has lines that work', async () => {
    await built();
    await withFolder(async (folder) => {
      const text = await readFile(join(root, 'docs/coming-from-duplicity.md'), 'utf8');
      const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
      expect(blocks.length).toBeGreaterThan(4);
      await mkdir(join(folder, 'bin'));
      await symlink(duplifsScript, join(folder, 'bin/duplifs'));
      for (const name of ['letters/first', 'letters/second', 'cache/x', 'other/y.tmp', 'other/z']) {
        await mkdir(join(folder, 'home', name, '..'), { recursive: true });
        await writeFile(join(folder, 'home', name), name);
      }
      const script = blocks.join('').replaceAll('/tmp/example', folder);
      const env = { HOME: folder, PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` };
      const options = { cwd: folder, env, timeoutMs: 300_000 };
      const { status, stdout, stderr } = await run('bash', ['-euxc', script], options);
      expect([status, stderr]).toEqual([0, stderr]);
      expect(stdout).toMatch(/^duplicity 3\.0\.2$/m);
      const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
      expect(await read('first')).toBe('letters/first');
      expect(await read('some/letters/second')).toBe('letters/second');
      expect(await read('those/letters/first')).toBe('letters/first');
      expect(await read('renamed/post/first')).toBe('letters/first');
      expect(await read('less/letters/first')).toBe('letters/first');
      await expect(read('less/letters/second')).rejects.toThrow('ENOENT');
      await expect(read('renamed/letters/first')).rejects.toThrow('ENOENT');
    });
  }, 300_000);
});
