/** The example of docs/library.md runs as it stands. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifs, root } from '../support/run.js';

it('opens a backup, lists it, reads a file and restores a folder', async () => {
  const page = await readFile(join(root, 'docs/library.md'), 'utf8');
  const [, example = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  expect(example).toContain('openRepository');
  await built();
  await withFolder(async (folder) => {
    const source = join(folder, 'source');
    await mkdir(join(source, 'notes'), { recursive: true });
    await writeFile(join(source, 'notes/today.txt'), 'buy milk');
    const url = `file://${folder}/target`;
    const env = { PASSPHRASE: 'secret' };
    const archive = join(folder, 'archive');
    const made = await duplifs(['full', '--archive-dir', archive, source, url], { env });
    expect(made, made.stderr).toMatchObject({ status: 0 });

    // 'duplifs' is found from within its checkout, wherever the example's own files go
    const program = `process.chdir(${JSON.stringify(folder)});\n${example.replace(/^import .*\n/m, '')}`;
    const [imports = ''] = /^import .*\n/m.exec(example) ?? [];
    const child = spawn(process.execPath, ['--input-type=module'], {
      cwd: root,
      env: { ...process.env, ...env, BACKUP_URL: url, XDG_CACHE_HOME: join(folder, 'cache') },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(`${imports}${program}`);
    const [shown, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(errors).toBe('');
    expect(shown.split('\n')).toEqual([
      expect.stringMatching(/^full \d{4}-/),
      'dir ',
      'dir notes',
      'reg notes/today.txt',
      'buy milk',
      '2 entries restored, 0 failed',
      '',
    ]);
    expect(await readFile(join(folder, 'restored-notes/today.txt'), 'utf8')).toBe('buy milk');
  });
});
