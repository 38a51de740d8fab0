/** One writer for a target and for an archive dir; a lock whose holder is gone hinders nobody. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { noPrefixes } from '../../src/archive/index.js';
import { TargetLock } from '../../src/target/locks/target-lock.js';
import { DuplifsError } from '../../src/base/index.js';
import { openStorage } from '../../src/storage/index.js';
import type { Storage } from '../../src/storage/index.js';
import { WrappedStorage } from '../../src/storage/wrappers/wrapped.js';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { start, untilVolumes } from '../support/interrupt.js';
import { built, duplifs, duplifsScript, run, runOk } from '../support/run.js';
import { smallSource } from '../support/small-source.js';

beforeAll(built);

describe.runIf(canMakeChains)('the lock on the archive dir', () => {
  it('keeps a second backup of the same target out, and is free when its holder was killed', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const { child: first } = start(['full', ...args]);
      await untilVolumes(target, 1);
      first.kill('SIGSTOP'); // it holds the lock for as long as the others look at it
      const second = await duplifs(['full', ...args]);
      const theirs = await run('duplicity', ['full', ...args]);
      first.kill('SIGKILL');
      expect(second).toMatchObject({ status: 23 });
      expect(second.stderr).toContain('Another backup');
      expect(theirs).toMatchObject({ status: 23 });
      expect(await duplifs(['full', '--lock-wait', '20', ...args])).toMatchObject({ status: 0 });
    });
  });

  it('is respected when duplicity holds it', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const { child: theirs } = start(['full', ...args], {}, 'duplicity');
      await untilVolumes(target, 1);
      theirs.kill('SIGSTOP');
      const ours = await duplifs(['full', ...args]);
      theirs.kill('SIGKILL');
      expect(ours).toMatchObject({ status: 23 });
      expect(ours.stderr).toContain('is using the archive dir');
      expect(await duplifs(['full', '--lock-wait', '1m', ...args])).toMatchObject({ status: 0 });
    });
  });
});

describe('the lock on the target', () => {
  it('keeps another archive dir out while a backup runs, and is taken over when that was killed', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const other = ['--archive-dir', join(folder, 'other')];
      const { child: first } = start(['full', ...args]);
      await untilVolumes(target, 1);
      first.kill('SIGSTOP');
      const second = await duplifs(['full', ...args, ...other]);
      const mounted = await duplifs(['collection-status', `file://${target}`]);
      first.kill('SIGKILL');
      expect(second).toMatchObject({ status: 23 });
      expect(second.stderr).toContain(`process ${first.pid ?? 0} on "`);
      expect(mounted).toMatchObject({ status: 0 }); // who reads does not ask for it
      expect(await locksOf(target)).toHaveLength(1);
      const third = await duplifs(['full', ...args, ...other]);
      expect(third).toMatchObject({ status: 0 });
      expect(third.stderr).toContain('Removing the lock of a backup that is gone');
      expect(await locksOf(target)).toEqual([]);
    });
  });

  it('of another machine is kept while it lives, and taken over when it was silent for long', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      await mkdir(target);
      const lock = join(target, 'duplifs-lock.0123456789abcdef');
      const elsewhere = { version: 1, host: 'elsewhere', pid: 1, born: '1', since: 1 };
      const text = { ...elsewhere, machine: 'm', boot: 'b', processes: 'p' };
      await writeFile(lock, JSON.stringify(text));
      const refused = await duplifs(['full', ...args]);
      expect(refused).toMatchObject({ status: 23 });
      expect(refused.stderr).toContain('process 1 on "elsewhere"');
      const hourAgo = Date.now() / 1000 - 3600;
      await utimes(lock, hourAgo, hourAgo);
      expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
      expect(await locksOf(target)).toEqual([]);
    });
  });

  it.runIf(process.getuid?.() === 0 && existsSync('/usr/bin/unshare'))(
    'of a container that was killed is taken over by the next one with the same archive dir',
    async () => {
      await withFolder(async (folder) => {
        const { target, archive, args } = await smallSource(folder);
        await mkdir(target);
        const container = [
          '-pf',
          '--mount-proc',
          '--kill-child=KILL',
          process.execPath,
          duplifsScript,
        ];
        const full = [...container, 'full', ...args];
        const slow = [...full, '--max-upload-rate', '500K'];
        const { child: killed, ended } = start(slow, {}, 'unshare');
        await untilVolumes(target, 1);
        // one with another archive dir cannot know, and is told what to expect
        const other = await run('unshare', [...full, '--archive-dir', join(folder, 'other')]);
        killed.kill('SIGKILL');
        await ended;
        expect(other.status).toBe(23);
        const [lock = ''] = await locksOf(target);
        expect(other.stderr).toContain(`lock file "${lock}"`);
        expect(other.stderr).toMatch(/process 1 on .*, since .* \(\d+ seconds? ago\)/);
        expect(other.stderr).toMatch(/taken over from \d{4}-\d\d-\d\dT/);
        const report = await duplifs(['doctor', '--archive-dir', archive, `file://${target}`]);
        expect(report.stdout).toContain('has left its lock');
        const next = await run('unshare', full);
        expect(next, next.stderr).toMatchObject({ status: 0 });
        expect(next.stderr).toContain('Removing the lock of a backup that is gone');
        expect(await locksOf(target)).toEqual([]);
        const [cache = ''] = await readdir(archive);
        expect(await readdir(join(archive, cache))).not.toContain('duplifs-locks.json');
      });
    },
  );

  it('that was lost while the machine slept ends the run before its manifest', async () => {
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const { child: asleep, ended } = start(['full', '--max-upload-rate', '4M', ...args]);
      await untilVolumes(target, 1);
      asleep.kill('SIGSTOP');
      for (const name of await locksOf(target)) {
        const hourAgo = Date.now() / 1000 - 3600;
        // as another machine sees it
        const text = await readFile(join(target, name), 'utf8');
        const foreign = { ...(JSON.parse(text) as object), machine: 'another', host: 'another' };
        await writeFile(join(target, name), JSON.stringify(foreign));
        await utimes(join(target, name), hourAgo, hourAgo);
      }
      const other = ['--archive-dir', join(folder, 'other')];
      expect(await duplifs(['full', ...args, ...other])).toMatchObject({ status: 0 });
      asleep.kill('SIGCONT');
      expect(await ended).toMatchObject({ status: 23 });
      const manifests = (await readdir(target)).filter((name) => name.includes('.manifest'));
      expect(manifests).toHaveLength(1);
    });
  });

  it.runIf(canMakeChains)(
    'does not know of duplicity, but an incremental never forks its chain',
    async () => {
      await withFolder(async (folder) => {
        const { target, source, args } = await smallSource(folder);
        expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
        for (let i = 0; i < 3; i += 1)
          await writeFile(join(source, `new-${i}`), Buffer.alloc(4e6, i));
        await runOk('sh', ['-c', `head -c 6000000 /dev/urandom > '${join(source, 'random')}'`]);
        const { ended } = start(['inc', '--max-upload-rate', '1M', ...args]);
        while (!(await readdir(target)).some((name) => /inc.*vol1/.test(name))) await setTimeout(5);
        const theirs = ['--no-encryption', '--archive-dir', join(folder, 'theirs')];
        await setTimeout(1100);
        await runOk('duplicity', ['inc', ...theirs, source, `file://${target}`]);
        expect(await ended).toMatchObject({ status: 23 });
        const next = await duplifs(['inc', ...args]);
        expect(next, next.stderr).toMatchObject({ status: 0 });
        const status = await runOk('duplicity', ['cleanup', ...theirs, `file://${target}`]);
        expect(status).toContain('No extraneous files found');
        const sets = (await readdir(target)).filter((name) => name.includes('.manifest'));
        expect(sets).toHaveLength(3);
      });
    },
  );
});

describe('TargetLock', () => {
  it('is given to one of two who come at once, or to none', async () => {
    await withFolder(async (folder) => {
      const storage = await openStorage(`file://${folder}`);
      for (let round = 0; round < 20; round += 1) {
        const taken = await Promise.allSettled([take(storage), take(storage)]);
        const locks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
        expect(locks.length).toBeLessThanOrEqual(1);
        for (const one of taken) {
          if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'LOCKED' });
        }
        for (const lock of locks) await lock.release();
        expect(await locksOf(folder)).toEqual([]);
      }
      // to who comes alone it is given
      await (await take(storage)).release();
    });
  });

  it('is given up by who may write and not delete, too', async () => {
    await withFolder(async (folder) => {
      const storage = new NothingRemoved(await openStorage(`file://${folder}`));
      for (let round = 0; round < 3; round += 1) await (await take(storage)).release();
      expect(await locksOf(folder)).toHaveLength(3);
      const held = await take(storage);
      await expect(take(storage)).rejects.toMatchObject({ code: 'LOCKED' });
      await held.release();
    });
  });
});

class NothingRemoved extends WrappedStorage {
  override remove(): Promise<void> {
    return Promise.reject(new DuplifsError('STORAGE_DENIED', 'Not allowed'));
  }
}

async function take(storage: Storage): Promise<TargetLock> {
  const stop = new AbortController().signal;
  // no archive dir: two that hold its lock there are not at once
  const archiveFolder = '/nonexistent/archive';
  const options = { storage, prefixes: noPrefixes, archiveFolder, lockWaitSeconds: 0, stop };
  return TargetLock.take({ ...options, report: () => undefined });
}

async function locksOf(target: string): Promise<string[]> {
  return (await readdir(target)).filter((name) => name.startsWith('duplifs-lock.'));
}
