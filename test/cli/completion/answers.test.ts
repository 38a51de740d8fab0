/** What is answered when Tab is pressed, of what this machine knows. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../../support/folders.js';
import { duplifs, root } from '../../support/run.js';
import { knownBackup } from './known-backup.js';
import type { KnownBackup } from './known-backup.js';

async function asked({ env }: Pick<KnownBackup, 'env'>, ...words: string[]): Promise<string[]> {
  const { status, stdout, stderr } = await duplifs(['__complete', 'zsh', ...words], { env });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.trimEnd().split('\n');
}

describe(
  'a backup that was read once, out of reach, without its passphrase',
  { timeout: 240_000 },
  () => {
    it('is known by its URL, its times and its paths, and by a profile', async () => {
      await withFolder(async (folder) => {
        const known = await knownBackup(folder);
        const { url } = known;
        const times = ['20260921T141500Z', '20260921T141320Z'];
        const about = ['inc, Mon Sep 21 14:15:00 2026', 'full, Mon Sep 21 14:13:20 2026'];
        const told = times.map((time, index) => `${time}\t${about[index] ?? ''}`);
        expect(await asked(known, 'ls', '')).toEqual([
          'folders',
          'laptop\ta profile',
          `${url}\ta backup`,
        ]);
        for (const target of [url, 'laptop']) {
          expect(await asked(known, 'restore', target, '--time', '')).toEqual(['-', ...told]);
          expect(await asked(known, 'cat', target, '')).toEqual([
            'paths',
            ...['docs/', 'my photos/', 'zebra'],
          ]);
        }
        expect(await asked(known, 'cat', url, 'docs/')).toEqual(['paths', 'docs/naïve.txt']);
        const then = ['docs/gone.txt', 'docs/naïve.txt'];
        expect(await asked(known, 'cat', url, '-t', '1790000000', 'docs/')).toEqual([
          'paths',
          ...then,
        ]);
        expect(await asked(known, 'find', url, 'docs/')).toEqual(['paths', ...then]);
        expect(await asked(known, 'cat', url, 'my photos/')).toEqual([
          'paths',
          "my photos/Ann's b:c.jpg",
        ]);
        expect(await asked(known, 'cat', url, 'none/')).toEqual(['paths']);
        expect(await asked(known, 'cat', 'file:///other', '')).toEqual(['paths']);
        const elsewhere = ['--archive-dir', join(folder, 'none')];
        expect(await asked(known, 'cat', ...elsewhere, url, '')).toEqual(['paths']);
      });
    });

    it('is known by its times where the catalog is damaged or gone, and nothing is mended', async () => {
      await withFolder(async (folder) => {
        const known = await knownBackup(folder);
        const [target = ''] = readdirSync(join(folder, 'cache/duplifs'));
        const catalog = join(folder, 'cache/duplifs', target, 'duplifs-catalog.sqlite');
        rmSync(`${catalog}-wal`, { force: true });
        writeFileSync(catalog, 'no catalog');
        expect(await asked(known, 'cat', known.url, '')).toEqual(['paths']);
        expect(await asked(known, 'cat', known.url, '--time', '')).toHaveLength(3);
        expect(readFileSync(catalog, 'utf8')).toBe('no catalog');
      });
    });
  },
);

describe('what is noted of a target', () => {
  it('is its URL without the password, for its owner only, and nothing where duplicity is called', async () => {
    await withFolder(async (folder) => {
      const { noteTarget, notedTargets } =
        await import('../../../src/cli/completion/noted-targets.js');
      await noteTarget('sftp://me:secret@host/backup', folder);
      const note = join(folder, 'duplifs-target.json');
      expect(readFileSync(note, 'utf8')).toBe('{"url":"sftp://me@host/backup"}\n');
      expect(execFileSync('stat', ['-c', '%a', note], { encoding: 'utf8' })).toBe('600\n');
      expect(await notedTargets(join(folder, '..'))).toContainEqual({
        url: 'sftp://me@host/backup',
        folder,
      });
      await noteTarget('file:///x', join(folder, 'none'));
      expect(readdirSync(folder)).toEqual(['duplifs-target.json']);
    });
  });
});

describe('an answer', () => {
  it('loads next to nothing of the program, and no package before one is needed', () => {
    const program = join(root, 'dist/program');
    const files = new Set(['completion.js']);
    for (const file of files) {
      const text = readFileSync(join(program, file), 'utf8');
      for (const [, from = ''] of text.matchAll(/^(?:import|export) .*?["']([^"']+)["'];$/gm)) {
        if (from.startsWith('./')) files.add(from.slice(2));
        else expect(from).toMatch(/^node:/);
      }
    }
    expect(files.size).toBeGreaterThan(1);
    const bytes = [...files].map((file) => statSync(join(program, file)).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });

  it('is one, whatever is typed', async () => {
    for (const words of [
      [],
      ['\ud800'],
      ['cat', '\0'.repeat(0), '--time', 'x'],
      ['cat', '[', '('],
    ]) {
      const { status, stderr } = await duplifs(['__complete', 'bash', ...words]);
      expect([status, stderr]).toEqual([0, '']);
    }
  });
});
