/** A backup that is killed goes on at the next run, and nothing of it is lost or left over. */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { killAfterVolumes, start, untilVolumes } from '../support/interrupt.js';
import { built, duplifs, run, runOk } from '../support/run.js';
import { smallSource } from '../support/small-source.js';

beforeAll(built);

describe('a killed backup', () => {
  it('goes on with the same set, which is then as if it had never stopped', async () => {
    await withFolder(async (folder) => {
      const { source, target, args: some } = await smallSource(folder);
      const temporary = join(folder, 'temporary');
      await mkdir(temporary);
      const args = ['--tempdir', temporary, ...some];
      const killed: boolean[] = [];
      for (let wanted = 1; wanted <= 3; wanted += 1) {
        killed.push(await killAfterVolumes(['full', ...args], target, wanted));
        expect(await readdir(temporary)).toEqual([]);
      }
      expect(killed).not.toContain(false); // a run that ended by itself shows nothing
      expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
      const stored = await readdir(target);
      expect(stored.filter((name) => name.includes('.manifest'))).toHaveLength(1);
      expect(stored.filter((name) => name.startsWith('duplifs-index'))).toHaveLength(1);
      const url = `file://${target}`;
      expect(await duplifs(['restore', url, join(folder, 'out')])).toMatchObject({ status: 0 });
      expect(await run('diff', ['-r', source, join(folder, 'out')])).toMatchObject({ status: 0 });
      const [cache = ''] = await readdir(join(folder, 'archive'));
      const local = await readdir(join(folder, 'archive', cache));
      expect(local.filter((name) => /part|writing|ready|tmp/.test(name))).toEqual([]);
    });
  });
});

describe('a backup that was killed behind its manifest', () => {
  it('gets its local names, and the next builds on them without fetching anything', async () => {
    await withFolder(async (folder) => {
      const { source, archive, args } = await smallSource(folder);
      expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
      const [cache = ''] = await readdir(archive);
      const local = (name: string) => join(archive, cache, name);
      const names = await readdir(join(archive, cache));
      const named = (pattern: RegExp) => names.find((name) => pattern.test(name)) ?? '';
      const [, key = ''] = /full\.(\w+)\.manifest/.exec(named(/manifest$/)) ?? [];
      await rename(local(named(/manifest$/)), local(`duplifs-ready.${key}.manifest`));
      await rename(local(named(/sigtar\.gz$/)), local(`duplifs-ready.${key}.sigtar.gz`));
      await writeFile(join(source, 'added'), 'one more');
      const next = await duplifs(['incremental', '--current-time', '2000000000', ...args]);
      expect(next, next.stderr).toMatchObject({ status: 0 });
      expect(next.stderr).toContain(`The set ${key} is complete`);
      expect(next.stderr).not.toContain('to local cache');
    });
  });
});

describe('a killed backup of another source, verb or key', () => {
  it('is removed, and the one that is asked for is made', async () => {
    await withFolder(async (folder) => {
      const { source, target, archive, args } = await smallSource(folder);
      const url = `file://${target}`;
      const other = join(folder, 'other');
      await mkdir(other);
      await writeFile(join(other, 'file'), 'content');
      const options = ['--archive-dir', archive, '--volsize', '1'];
      for (const instead of [
        ['full', '--no-encryption', ...options, other, url],
        ['inc', '--no-encryption', '--allow-source-mismatch', ...options, source, url],
        ['full', '--no-encryption', '--no-compression', ...options, source, url],
        ['full', ...options, source, url],
      ]) {
        const wanted = (await volumesOf(target)).length + 2;
        expect(await killAfterVolumes(['full', ...args], target, wanted)).toBe(true);
        const next = await duplifs(instead, { env: { PASSPHRASE: 'secret' } });
        expect(next, next.stderr).toMatchObject({ status: 0 });
        expect(next.stderr).toContain('Removing what an interrupted run has left of the set');
        const sets = (await readdir(target)).flatMap((name) =>
          name.includes('.manifest') ? (/\.(\d.*Z)\./.exec(name)?.[1] ?? []) : [],
        );
        const kept = (await volumesOf(target)).map((name) => /\.(\d.*Z)\./.exec(name)?.[1]);
        expect(new Set(kept)).toEqual(new Set(sets));
      }
    });
  });
});

describe('a killed backup of a version that noted its state in another way', () => {
  it('is removed, and begun anew', async () => {
    await withFolder(async (folder) => {
      const { target, archive, args } = await smallSource(folder);
      expect(await killAfterVolumes(['full', ...args], target, 2)).toBe(true);
      const [cache = ''] = await readdir(archive);
      const names = await readdir(join(archive, cache));
      const state = join(archive, cache, names.find((name) => name.endsWith('.state')) ?? '');
      const lines = await readFile(state, 'utf8');
      expect(lines).toMatch(/^\{"kind":"header","version":2,/);
      await writeFile(state, lines.replace('"version":2', '"version":1'));
      const next = await duplifs(['full', ...args]);
      expect(next, next.stderr).toMatchObject({ status: 0 });
      expect(next.stderr).toContain('Removing what an interrupted run has left of the set');
      expect((await readdir(target)).filter((name) => /^duplifs-index/.test(name))).toHaveLength(1);
    });
  });
});

async function volumesOf(target: string): Promise<string[]> {
  return (await readdir(target).catch(() => [])).filter((name) => name.includes('.vol'));
}

describe('a backup that is stopped', () => {
  it('by Ctrl-C finishes its volume and can be gone on with', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const { child, ended } = start(['full', '--max-upload-rate', '4M', ...args]);
      await untilVolumes(target, 2);
      child.kill('SIGINT');
      expect(await ended).toMatchObject({ status: 4 });
      const stored = (await readdir(target)).filter((name) => name.includes('.vol'));
      expect(stored.length).toBeGreaterThanOrEqual(2);
      expect((await readdir(target)).filter((name) => !name.includes('.vol'))).toEqual([]);
      const next = await duplifs(['full', ...args]);
      expect(next).toMatchObject({ status: 0 });
      expect(next.stderr).toMatch(new RegExp(`after volume ${stored.length}\n`));
      const verified = await duplifs(['verify', `file://${target}`, folder]);
      expect(verified, verified.stderr).toMatchObject({ status: 0 });
    });
  });

  it('by Ctrl-C twice ends at once', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const { child, ended } = start(['full', '--max-upload-rate', '200K', ...args]);
      const isUploading = async (): Promise<boolean> => {
        const names = await readdir(target).catch(() => []);
        // the lock comes under such a name first, too
        const isLocked = names.some((name) => name.startsWith('duplifs-lock.'));
        return isLocked && names.some((name) => !name.startsWith('duplifs-lock.'));
      };
      while (!(await isUploading())) await setTimeout(5);
      child.kill('SIGINT');
      await setTimeout(200);
      const before = performance.now();
      child.kill('SIGINT');
      await ended;
      expect(child.signalCode).toBe('SIGINT');
      expect(performance.now() - before).toBeLessThan(2000);
      expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
    });
  });

  it('by a storage that fails goes on where it was', async () => {
    await withFolder(async (folder) => {
      const { source, target, args } = await smallSource(folder);
      await mkdir(target);
      await withTmpfs(target, '3m', async () => {
        const failed = await duplifs(['full', '--num-retries', '1', ...args]);
        expect([50, 53], failed.stderr).toContain(failed.status);
        await runOk('mount', ['-o', 'remount,size=100m', target]);
        const next = await duplifs(['full', ...args]);
        expect(next, next.stderr).toMatchObject({ status: 0 });
        expect(next.stderr).toMatch(/Going on with the set .* after volume [1-3]\n/);
        const out = join(folder, 'out');
        expect(await duplifs(['restore', `file://${target}`, out])).toMatchObject({ status: 0 });
        expect(await run('diff', ['-r', source, out])).toMatchObject({ status: 0 });
      });
    });
  });

  it.each(['tempdir', 'archive-dir'])(
    'by want of room in its --%s is told so before',
    async (where) => {
      await withFolder(async (folder) => {
        const { args } = await smallSource(folder);
        const small = join(folder, 'small');
        await mkdir(small);
        await withTmpfs(small, '20m', async () => {
          const failed = await duplifs(['full', ...args, `--${where}`, small]);
          expect(failed, failed.stderr).toMatchObject({ status: 53 });
          expect(failed.stderr).toContain(small);
          expect(failed.stderr).toContain('has room for only');
          const [bytes = ''] = (await runOk('df', ['--output=used', '-B1', small]))
            .split('\n')
            .slice(1);
          expect(Number(bytes)).toBeLessThan(1_000_000);
        });
        expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
      });
    },
  );
});

async function withTmpfs(folder: string, size: string, work: () => Promise<void>): Promise<void> {
  await runOk('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  try {
    await work();
  } finally {
    await runOk('umount', ['-l', folder]);
  }
}
