/** The options of backup, full and incremental do what duplicity's do. */
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { built, duplifs, duplifsScript, run, runOk } from '../support/run.js';
import { withTarget } from './target.js';

const plain = ['--no-encryption'];
const day = 86_400;

beforeAll(built);

describe('backup', () => {
  it('--jsonstat prints and stores the statistics as duplicity 3 does', async () => {
    await withTarget(async ({ backup, change, folder, archive, stored, url, source }) => {
      await backup([...plain, '--current-time', '1700000000']);
      await change();
      const { status, stdout } = await backup([
        ...plain,
        '--jsonstat',
        '--current-time',
        '1700086400',
      ]);
      expect(status).toBe(0);
      const printed = JSON.parse(stdout) as Record<string, unknown>;
      expect(printed).toMatchObject({
        Filename: null,
        TotalDestinationSizeChange: null,
        Errors: 0,
        NewFiles: 2,
        SourceFiles: 3,
        DeletedFiles: 0,
        ChangedFiles: 0,
        DeltaEntries: 2,
        backup_meta: {
          action: 'inc',
          skipped_inc: false,
          time_full_bkp: 1_700_000_000,
          no_of_inc: 0,
          time_full_bkp_str: '20231114T221320Z',
          source,
          local_json_stat: [],
        },
      });
      const name = 'duplicity-inc.20231114T221320Z.to.20231115T221320Z.jsonstat.gz';
      expect(await stored()).toContain(name);
      const [cache = ''] = await readdir(archive);
      for (const at of [join(folder, 'target'), join(archive, cache)]) {
        const text = gunzipSync(await readFile(join(at, name))).toString();
        expect(JSON.parse(text)).toEqual(printed);
      }
      if (!canMakeChains) return;
      const theirs = ['--no-encryption', '--archive-dir', join(folder, 'theirs')];
      const state = await runOk('duplicity', ['collection-status', ...theirs, url]);
      expect(state).toContain('No orphaned or incomplete backup sets found');
    });
  });

  it('--json prints one line of statistics', async () => {
    await withTarget(async ({ backup }) => {
      const { stdout } = await backup([...plain, '--json', '--current-time', '1700000000']);
      expect(stdout.trimEnd()).not.toContain('\n');
      const line = JSON.parse(stdout) as unknown;
      expect(line).toMatchObject({ set: '20231114T221320Z', kind: 'full', newFiles: 2, errors: 0 });
    });
  });

  it('--no-files-changed leaves the list of files out of the manifest', async () => {
    await withTarget(async ({ backup, folder, stored, change }) => {
      await backup([...plain, '--no-files-changed']);
      const manifest = async () => {
        const name = (await stored()).filter((one) => one.includes('.manifest')).at(-1) ?? '';
        return readFile(join(folder, 'target', name), 'utf8');
      };
      expect(await manifest()).toMatch(/^Filelist 0\n$/m);
      await change();
      await backup(plain);
      expect(await manifest()).toMatch(/^Filelist 1\n {4}new {6}file-2\n/m);
    });
  });

  it('--dry-run writes nothing anywhere, and counts what would be done', async () => {
    await withTarget(async ({ folder, archive, source, url, change, backup, stored }) => {
      const dry = async () => {
        const args = [...plain, '--dry-run', '--json', '--archive-dir', join(folder, 'none')];
        const { status, stdout, stderr } = await duplifs(['backup', ...args, source, url]);
        expect(status, stderr).toBe(0);
        return JSON.parse(stdout) as Record<string, unknown>;
      };
      expect(await dry()).toMatchObject({ set: null, kind: 'full', newFiles: 2 });
      expect(await readdir(folder)).toEqual(['source']);
      await backup(plain);
      const before = [await stored(), await contentsOf(archive)];
      await change();
      await rm(join(source, 'file-1'));
      const warm = await backup([...plain, '--dry-run', '--json']);
      const counts = { set: null, kind: 'inc', newFiles: 2, deletedFiles: 1, errors: 0 };
      expect(JSON.parse(warm.stdout)).toMatchObject(counts);
      expect(await dry()).toMatchObject(counts);
      expect([await stored(), await contentsOf(archive)]).toEqual(before);
      expect(await readdir(folder)).not.toContain('none');
    });
  });

  it('--skip-if-no-change writes no set when nothing has changed', async () => {
    await withTarget(async ({ backup, stored, change }) => {
      await backup(plain);
      const before = await stored();
      const skipped = await backup([...plain, '--skip-if-no-change', '-v', 'notice']);
      expect(skipped).toMatchObject({ status: 0 });
      expect(skipped.stderr).toContain('Nothing has changed');
      expect(await stored()).toEqual(before);
      await change();
      await backup([...plain, '--skip-if-no-change']);
      expect((await stored()).filter((name) => name.includes('-inc.'))).toHaveLength(2);
    });
  });

  it('--full-if-older-than begins a new chain when the full is older, also for incremental', async () => {
    await withTarget(async ({ backup, stored }) => {
      const at = (days: number) => ['--current-time', `${1_700_000_000 + days * day}`];
      const older = [...plain, '--full-if-older-than', '1M', '-v', 'notice'];
      await backup(['full', ...plain, ...at(0)]);
      await backup([...older, ...at(1)]);
      expect(kindsOf(await stored())).toEqual(['full', 'inc']);
      const forced = await backup(['inc', ...older, ...at(40)]);
      expect(forced.stderr).toContain('Last full backup is too old, forcing full backup');
      expect(kindsOf(await stored())).toEqual(['full', 'full', 'inc']);
    });
  });

  it('of another folder or host is refused unless --allow-source-mismatch is given', async () => {
    await withTarget(async ({ backup, folder, url, archive, stored }) => {
      await backup(plain);
      const other = join(folder, 'other');
      await mkdir(other);
      const args = [...plain, '--archive-dir', archive];
      const refused = await duplifs(['inc', ...args, other, url]);
      expect(refused).toMatchObject({ status: 42 });
      expect(refused.stderr).toContain('--allow-source-mismatch');
      expect(kindsOf(await stored())).toEqual(['full']);
      const allowed = await duplifs(['inc', ...args, '--allow-source-mismatch', other, url]);
      expect(allowed).toMatchObject({ status: 0 });
    });
  });

  it('--copy-links stores what links point to; --name names the cache', async () => {
    await withTarget(async ({ backup, source, folder, archive, url }) => {
      await writeFile(join(folder, 'outside'), 'outside');
      await symlink('../outside', join(source, 'link'));
      await backup([...plain, '--copy-links', '--name', 'mine']);
      expect(await readdir(archive)).toEqual(['mine']);
      const out = join(folder, 'out');
      await duplifs(['restore', url, out]);
      expect((await stat(join(out, 'link'))).isFile()).toBe(true);
      expect(await readFile(join(out, 'link'), 'utf8')).toBe('outside');
    });
  });

  it('makes a target that is not there, with the folders above it', async () => {
    await withTarget(async ({ source, archive, folder }) => {
      const url = `file://${join(folder, 'not', 'yet', 'there')}`;
      const args = [...plain, '--archive-dir', archive, source, url];
      expect(await duplifs(['inc', ...args])).toMatchObject({ status: 17 });
      expect(await duplifs(['backup', '--dry-run', ...args])).toMatchObject({ status: 0 });
      const { status, stderr } = await duplifs(['backup', ...args]);
      expect(status).toBe(0);
      expect(stderr).toContain('No signatures found, switching to full backup.');
      expect(await duplifs(['verify', '--compare-data', url, source])).toMatchObject({ status: 0 });
    });
  });

  it('shows on a terminal how far it is, and nothing elsewhere', async () => {
    await withTarget(async ({ source, url, archive, backup }) => {
      await writeFile(join(source, 'large'), Buffer.alloc(6_000_000, 'abcdefg'));
      const args = [...plain, '--no-compression', '--volsize', '1', '--archive-dir', archive];
      args.push('--max-upload-rate', '1M', source, url);
      const line = `stty cols 200; exec '${process.execPath}' '${duplifsScript}' full ${args.join(' ')}`;
      const { status, stdout } = await run('script', ['-qec', line, '/dev/null']);
      expect(status).toBe(0);
      expect(stdout).toMatch(/[█░]{20} \d+% \| .*, \d+ files, .* stored \| .*\/s \| ETA /);
      const shares = [...stdout.matchAll(/ (\d+)% /g)].map(([, share]) => Number(share));
      expect(new Set(shares).size).toBeGreaterThan(1);
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      const quiet = await backup(['full', ...plain]);
      expect(quiet).toMatchObject({ status: 0, stdout: '', stderr: '' });
    });
  });
});

/** The names below a folder, with sizes and times. */
async function contentsOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return Promise.all(
    names.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}

function kindsOf(names: readonly string[]): string[] {
  return names
    .flatMap((name) => /^duplicity-(full|inc)\..*\.manifest/.exec(name)?.[1] ?? [])
    .sort();
}
