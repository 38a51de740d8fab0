/**
 * Lines as scripts have them, run by duplicity and by duplifs in its place, on copies of one target: the same exit code,
 * the same files on the storage (ours besides), and the same tree where one is restored.
 */
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { duplifs, run, runOk } from '../support/run.js';
import { eachOf } from '../support/sampled.js';

const start = 1_700_000_000;
const day = 86_400;

/** URL, SRC, OUT, LIST stand for places; each word is one argument. */
const lines = [
  // verbs, implied and not
  'SRC URL',
  'full SRC URL',
  'incremental SRC URL',
  'inc SRC URL',
  'incr SRC URL',
  'incremen SRC URL',
  'f SRC URL',
  'URL OUT',
  'restore URL OUT',
  'rest URL OUT',
  '-t 2D URL OUT',
  '--time=2D URL OUT',
  '--restore-time 2D URL OUT',
  '-t 2023-11-15T00:00:00Z URL OUT',
  '-t 2023-11-01T00:00:00Z URL OUT', // before the first set
  'list-current-files -t 2023-11-01T00:00:00Z URL',
  '--file-to-restore docs/b URL OUT',
  '-r docs URL OUT',
  '--file-to-restore none URL OUT',
  '--numeric-owner --do-not-restore-ownership URL OUT',
  '--rename docs moved URL OUT',
  '--ignore-errors URL OUT',
  'verify URL SRC',
  'verify --compare-data URL SRC',
  'v --compare-data --file-to-restore docs URL SRC/docs',
  'collection-status URL',
  'coll URL',
  'collection-status --full-if-older-than 1M --volsize 5 URL',
  '--show-changes-in-set 0 collection-status URL',
  'collection-status --file-changed a URL',
  'list-current-files URL',
  'l -t 2D URL',
  // upkeep
  'cleanup URL',
  'cleanup --force URL',
  'remove-older-than 2D URL',
  'remove-older-than 2D --force URL',
  'remove-all-but-n-full 1 URL',
  'remove-all-but-n-full 1 --force URL',
  'remove-all-but-n-full 5 --force URL',
  'remove-all-inc-of-but-n-full 1 --force URL',
  'remove-all-inc-of-but-n-full 1 --force --dry-run URL',
  // options of backups
  '--full-if-older-than 1D SRC URL',
  'incremental --full-if-older-than 1D SRC URL',
  '--full-if-older-than 1Y SRC URL',
  '--dry-run SRC URL',
  'full --dry-run SRC URL',
  '--num-ret=2 SRC URL',
  '--no-print-stat -v0 SRC URL',
  '--asynchronous-upload --volsize 1 SRC URL',
  '--exclude SRC/docs SRC URL',
  '--include SRC/docs --exclude ** SRC URL',
  '--exclude-filelist LIST SRC URL',
  '--exclude-globbing-filelist LIST SRC URL',
  '--exclude-regexp docs SRC URL',
  '--exclude-other-filesystems --exclude-device-files SRC URL',
  '--exclude-if-present b SRC URL',
  '--exclude-older-than 1D SRC URL',
  '--null-separator SRC URL',
  '--no-files-changed SRC URL',
  '--copy-links SRC URL',
  '--max-blocksize 1024 SRC URL',
  '--no-encryption --encrypt-key 0123456789ABCDEF SRC URL',
  'full --no-encryption --encrypt-sign-key 0123456789ABCDEF SRC URL',
  '--metadata-sync-mode full SRC URL',
  '--tempdir OUT/.. SRC URL',
  // what is wrong
  'incremental SRC URL-new',
  '--include SRC/docs SRC URL',
  '--exclude /elsewhere SRC URL',
  'SRC SRC',
  'URL',
  'r URL',
  '--frobnicate SRC URL',
  'SRC/none URL',
  'restore URL-new OUT',
  'remove-all-but-n-full 0 URL',
  'full SRC',
  'verify SRC URL',
] as const;

describe.runIf(hasDuplicity)('a line does the same by duplicity and by duplifs:', () => {
  let base = '';
  const at = (name: string): string => join(base, name);

  beforeAll(async () => {
    base = await mkdtemp(join(inject('runFolder'), 'lines-'));
    await mkdir(at('source/docs'), { recursive: true });
    await writeFile(at('source/a'), 'first');
    await writeFile(at('source/docs/b'), 'b'.repeat(3000));
    await writeFile(at('list'), `- ${at('source/docs')}\n`);
    const now = Math.floor(Date.now() / 1000);
    await backup('full', start);
    await writeFile(at('source/a'), 'second');
    await backup('incremental', start + day);
    await backup('full', start + 2 * day);
    await writeFile(at('source/docs/b'), 'c'.repeat(4000));
    await writeFile(at('source/c'), 'new');
    await backup('incremental', now - day - 60);
  }, 120_000);

  afterAll(async () => {
    await rm(base, { recursive: true, force: true });
  });

  async function backup(verb: string, seconds: number): Promise<void> {
    const time = ['--current-time', String(seconds)];
    const place = [at('source'), `file://${at('target')}`];
    await runOk('duplicity', [verb, '--no-encryption', ...archive('archive'), ...time, ...place]);
  }

  const archive = (name: string): string[] => ['--archive-dir', at(name), '--name', 'x'];

  async function outcome(line: string, by: 'duplicity' | 'duplifs') {
    const folder = at(by);
    await mkdir(folder);
    await cp(at('target'), join(folder, 'target'), { recursive: true, preserveTimestamps: true });
    await cp(at('archive'), join(folder, 'archive'), { recursive: true });
    const words = line
      .split(' ')
      .map((word) =>
        word
          .replace('SRC', at('source'))
          .replace('URL', `file://${folder}/target`)
          .replace('OUT', join(folder, 'out'))
          .replace('LIST', at('list')),
      );
    const args = [
      ...words,
      '--no-encryption',
      '--archive-dir',
      join(folder, 'archive'),
      '--name',
      'x',
    ];
    const env = { DUPLIFS_AS: 'duplicity', DUPLIFS_DUPLICITY_VERSION: '0.8.22' };
    const finished =
      by === 'duplicity' ? await run('duplicity', args) : await duplifs(args, { env });
    const stored = await readdir(join(folder, 'target'));
    const out = await tree(join(folder, 'out'));
    await rm(folder, { recursive: true, force: true });
    return { finished, status: finished.status, stored: stored.map(shape).sort(), out };
  }

  it.each(eachOf(3, lines))(
    '%s',
    async (line) => {
      const theirs = await outcome(line, 'duplicity');
      const ours = await outcome(line, 'duplifs');
      const shown = [ours.finished, theirs.finished];
      const expected = { ...theirs, stored: theirs.stored.filter((name) => name !== '') };
      const found = { ...ours, stored: ours.stored.filter((name) => name !== '') };
      expect({ status: found.status, stored: found.stored, out: found.out, shown }).toEqual({
        status: statusOf(line, expected.status),
        stored: expected.stored,
        out: expected.out,
        shown,
      });
    },
    120_000,
  );
});

/** Where duplifs ends otherwise on purpose (docs/coming-from-duplicity.md). */
function statusOf(_line: string, status: number | null): number | null {
  return status;
}

/** A name without the times of new sets, which differ by seconds; '' for our own files. */
function shape(name: string): string {
  if (name.startsWith('duplifs')) return '';
  return name.replace(/20(2[4-9]|[3-9]\d)\d{4}T\d{6}Z/g, 'NOW');
}

/** Every entry below a folder, with its kind, mode, time and content; none where it is not there. */
async function tree(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => undefined);
  if (names === undefined) return [];
  const lines: string[] = [];
  for (const name of ['', ...names.sort()]) {
    const path = join(folder, name);
    const stats = await lstat(path);
    const content = stats.isFile() ? await readFile(path, 'utf8') : '';
    lines.push(`${name} ${stats.mode.toString(8)} ${Math.floor(stats.mtimeMs / 1000)} ${content}`);
  }
  return lines;
}
