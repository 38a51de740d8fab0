/** README, as somebody who has just come takes it: the commands run, the picture is of a run, the figures were measured. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifsScript, root, run, runOk } from '../support/run.js';

const readme = await readFile(join(root, 'README.md'), 'utf8');

function section(title: string): string {
  const [, text = ''] = new RegExp(`^## ${title}\n(.*?)^## `, 'ms').exec(readme) ?? [];
  expect(text, title).not.toBe('');
  return text;
}

describe('README', () => {
  it('has a first five minutes that go as they are written', async () => {
    const [prepared = '', looked = ''] = [
      ...section('The first five minutes').matchAll(/```sh\n(.*?)```/gs),
    ].map(([, block = '']) => block);
    expect(prepared).toContain('duplifs mount ~/backup ~/mnt &');
    await built();
    await withFolder(async (home) => {
      await mkdir(join(home, 'Documents/letters'), { recursive: true });
      await writeFile(join(home, 'Documents/letters/grandma.txt'), 'Dear Grandma,\n');
      const script = [
        'set -e',
        `trap 'umount -l ~/mnt 2>/dev/null || fusermount3 -uz ~/mnt 2>/dev/null || true' EXIT`,
        `duplifs() { '${process.execPath}' '${duplifsScript}' "$@"; }`,
        prepared,
        'until mountpoint -q ~/mnt; do kill -0 $!; sleep 0.2; done',
        looked,
        'wait',
      ].join('\n');
      const { status, stdout, stderr } = await run('bash', ['-c', script], {
        cwd: home,
        env: { HOME: home, XDG_CACHE_HOME: join(home, '.cache') },
        timeoutMs: 170_000,
      });
      expect(status, `${stdout}${stderr}`).toBe(0);
      expect(stderr).toContain('Mounted at');
      expect(stdout).toMatch(/^letters\n.*\/mnt\/at\/now:\nletters\n/ms);
      expect(stdout).toMatch(/\/mnt\/snapshots:\n\d{4}-\d\d-\d\dT[\d-]+Z\nletters\n/);
      const restored = await readFile(join(home, 'restored/letters/grandma.txt'), 'utf8');
      expect(restored).toBe('Dear Grandma,\n');
    });
  });

  it('has a picture of what the commands in it say', async () => {
    await built();
    await withFolder(async (folder) => {
      const made = join(folder, 'recording.svg');
      await runOk(process.execPath, [join(root, 'scripts/document-recording.js'), made]);
      const picture = await readFile(join(root, 'docs/recording.svg'), 'utf8');
      expect(picture, 'Run: npm run docs:recording').toBe(await readFile(made, 'utf8'));
    });
  });

  it('compares by figures that were measured', async () => {
    const measured = await readFile(join(root, 'docs/performance.md'), 'utf8');
    const rows = section('How it compares').match(/^\|.*\|$/gm) ?? [];
    expect(rows.length).toBeGreaterThan(6);
    for (const row of rows.slice(2)) {
      const [, what = '', ...cells] = row.split('|').map((cell) => cell.trim());
      const figures = cells.flatMap((cell) => /^([\d.]+)/.exec(cell)?.[1] ?? []);
      expect(figures.length, what).toBeGreaterThan(2);
      for (const figure of figures) {
        expect(measured, `${what}: ${figure}`).toMatch(
          new RegExp(`(?<![\\d.])${figure.replace('.', '\\.')}(?![\\d.]*\\d)`),
        );
      }
    }
  });
});
