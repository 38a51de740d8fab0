/** How a mount begins and ends: signals, other hands, crashes, and places where it must not be. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, readdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { withCopy, withFolder } from '../support/folders.js';
import { HeldStorage } from '../support/held-storage.js';
import { canMount, engines, isMounted, until } from '../support/mount-process.js';
import { Mounted, withMount } from '../support/mounted.js';
import { noise } from '../support/noise.js';
import { duplifs, run, runOk } from '../support/run.js';

describe.runIf(canMount && canMakeChains)('a mount', () => {
  let backup: Chain;
  const started: { mounts: Mounted[]; users: ChildProcess[] } = { mounts: [], users: [] };

  beforeAll(async () => {
    backup = await chain('gzip');
  });

  afterEach(async () => {
    for (const user of started.users.splice(0)) user.kill('SIGKILL');
    for (const mounted of started.mounts.splice(0)) await mounted.remove();
  });

  async function mount(spec: Partial<Parameters<typeof Mounted.start>[0]> = {}): Promise<Mounted> {
    const mounted = await Mounted.start({ ...backup, ...spec });
    started.mounts.push(mounted);
    return mounted;
  }

  /** A process whose working folder is in the mount. */
  function use(folder: string): ChildProcess {
    const user = spawn('sleep', ['300'], { cwd: folder, stdio: 'ignore' });
    started.users.push(user);
    return user;
  }

  describe.each(engines)('with the engine %s', (engine) => {
    it.each(['SIGTERM', 'SIGINT'] as const)('unmounts and ends with 0 on %s', async (signal) => {
      const mounted = await mount({ engine });
      mounted.signal(signal);
      expect(await mounted.end()).toBe(0);
      expect(await isMounted(mounted.mountpoint)).toBe(false);
      expect(mounted.log).not.toContain('duplifs:');
    });

    it.each([
      ['umount', []],
      ['fusermount3', ['-u']],
    ] as const)('ends with 0 when %s unmounts it', async (program, args) => {
      const mounted = await mount({ engine });
      await runOk(program, [...args, mounted.mountpoint]);
      expect(await mounted.end()).toBe(0);
    });

    it('ends with 0 when duplifs umount unmounts it', async () => {
      const mounted = await mount({ engine });
      const { status, stderr } = await duplifs(['umount', mounted.mountpoint]);
      expect(status, stderr).toBe(0);
      expect(await mounted.end()).toBe(0);
    });

    it('is served on while something uses it, and says what; a second signal forces its end', async () => {
      const mounted = await mount({ engine });
      const user = use(mounted.at('latest/text'));
      mounted.signal('SIGTERM');
      await mounted.said('is in use by');
      expect(mounted.log).toContain(`process ${user.pid ?? 0} "sleep"`);
      expect(await readdir(mounted.at('latest/text'))).toEqual(['notes.txt']);
      expect(mounted.isRunning).toBe(true);
      mounted.signal('SIGTERM');
      expect(await mounted.end()).toBe(0);
      expect(await isMounted(mounted.mountpoint)).toBe(false);
    });

    it('that was killed stays "not connected", and the next mount at its place cleans up', async () => {
      const dead = await mount({ engine });
      dead.signal('SIGKILL');
      await dead.end();
      await expect(readdir(dead.mountpoint)).rejects.toMatchObject({ code: 'ENOTCONN' });
      const next = await mount({ engine, mountpoint: dead.mountpoint });
      expect(await readdir(next.mountpoint)).toContain('latest');
      await next.stop();
      expect(await isMounted(dead.mountpoint)).toBe(false);
    });

    it('ends while a file is being read, without a wrong byte', async () => {
      await withFolder(async (folder) => {
        const whole = noise(3_000_000);
        await mkdir(join(folder, 'source'));
        await writeFile(join(folder, 'source/big'), whole);
        const target = join(folder, 'target');
        const made = ['full', '--no-encryption', '--volsize', '1', join(folder, 'source'), target];
        expect(await duplifs(made)).toMatchObject({ status: 0 });
        const storage = await HeldStorage.start(target);
        try {
          const mounted = await mount({ engine, ...storage.place });
          // what lies in the first volume comes, and then the reader has to wait
          const waits = storage.hold(/vol2/);
          const reading = run('cat', [mounted.at('latest/big')], { encoding: 'latin1' });
          await waits;
          mounted.signal('SIGTERM');
          await mounted.said('is in use by');
          mounted.signal('SIGTERM');
          expect(await mounted.end()).toBe(0);
          const { status, stdout } = await reading;
          expect(status).toBe(1);
          const read = Buffer.from(stdout, 'latin1');
          expect(read.length).toBeGreaterThan(0);
          expect(read.equals(whole.subarray(0, read.length))).toBe(true);
        } finally {
          await storage.stop();
        }
      });
    });
  });

  it('is no longer in use once its user has gone', async () => {
    const mounted = await mount();
    const user = use(mounted.at('latest'));
    mounted.signal('SIGINT');
    await mounted.said('is in use by');
    const gone = new Promise((resolve) => user.once('close', resolve));
    user.kill();
    await gone;
    mounted.signal('SIGINT');
    expect(await mounted.end()).toBe(0);
  });

  it('is not unmounted by duplifs umount while in use, but by umount --force', async () => {
    const mounted = await mount();
    use(mounted.at('latest'));
    const refused = await duplifs(['umount', mounted.mountpoint]);
    expect(refused).toMatchObject({ status: 25 });
    expect(refused.stderr).toContain('is in use by process');
    expect(mounted.isRunning).toBe(true);
    expect(await duplifs(['umount', '--force', mounted.mountpoint])).toMatchObject({ status: 0 });
    for (const user of started.users) user.kill();
    expect(await mounted.end()).toBe(0);
  });

  it('--daemon returns once the mount answers, says where its log is, and ends by umount', async () => {
    await withFolder(async (folder) => {
      const mountpoint = join(folder, 'mnt');
      await mkdir(mountpoint);
      const cache = join(folder, 'cache');
      const args = ['mount', '--daemon', '--archive-dir', cache, backup.url, mountpoint];
      const { status, stderr } = await duplifs(args);
      try {
        expect(status, stderr).toBe(0);
        const [, log = ''] = /the log is (\S+)/.exec(stderr) ?? [];
        expect(await readFile(log, 'utf8')).toContain(`Mounted at ${mountpoint}`);
        expect(await readdir(mountpoint)).toContain('latest');
        const servers = await serversOf(mountpoint);
        expect(servers).toHaveLength(1);
        await runOk('umount', [mountpoint]);
        await until(async () => (await serversOf(mountpoint)).length === 0, 20_000);
      } finally {
        if (await isMounted(mountpoint)) await run('umount', ['-l', mountpoint]);
      }
    });
  });

  it('--daemon that cannot mount says so, with the exit status of the reason', async () => {
    await withFolder(async (folder) => {
      const args = ['mount', '--daemon', '--archive-dir', join(folder, 'cache'), backup.url];
      const { status, stderr } = await duplifs([...args, join(folder, 'missing')]);
      expect(status).toBe(11);
      expect(stderr).toContain(`${join(folder, 'missing')}"`);
      const [, log = ''] = /the log is (\S+)/.exec(stderr) ?? [];
      expect(await readFile(log, 'utf8')).toContain(`${join(folder, 'missing')}"`);
    });
  });

  it('is refused where nothing is, where a file is, and where a folder is not empty', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'file'), 'x');
      const refused = async (mountpoint: string): Promise<string> => {
        const { status, stderr } = await duplifs(['mount', backup.url, mountpoint]);
        expect(status, stderr).toBe(11);
        return stderr;
      };
      expect(await refused(join(folder, 'missing'))).toContain('missing"');
      expect(await refused(join(folder, 'file'))).toContain('is not a folder');
      expect(await refused(folder)).toContain('not empty');
    });
  });

  it('is refused in, on and above the storage and the archive dir', async () => {
    await withCopy(backup, async (copy) => {
      const inside = join(copy.target, 'mnt');
      await mkdir(inside);
      const cache = join(copy.target, '..', 'cache');
      await mkdir(join(cache, 'mnt'), { recursive: true });
      const refused = async (mountpoint: string, word: string): Promise<void> => {
        const args = ['mount', '--archive-dir', cache, '--name', 'mnt', copy.url, mountpoint];
        const { status, stderr } = await duplifs(args);
        expect(status, `${mountpoint}: ${stderr}`).toBe(11);
        expect(stderr).toContain(word);
      };
      await refused(inside, 'storage');
      await refused(copy.target, 'storage');
      await refused(join(copy.target, '..'), 'storage');
      await refused(join(cache, 'mnt'), 'archive dir');
      await refused(cache, 'archive dir');
      const link = join(copy.target, '..', 'link');
      await symlink(inside, link);
      await refused(link, 'storage');
    });
  });

  it('is refused where another mount is served', async () => {
    const mounted = await mount();
    const { status, stderr } = await duplifs(['mount', backup.url, mounted.mountpoint]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(mounted.mountpoint);
    expect(await readdir(mounted.mountpoint)).toContain('latest');
  });

  it('can be reached by a link to its folder', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'mnt'));
      await symlink('mnt', join(folder, 'link'));
      await withMount({ ...backup, mountpoint: join(folder, 'link') }, async ({ log }) => {
        expect(log).toContain(`Mounted at ${await realpath(folder)}/mnt;`);
        expect(await readdir(join(folder, 'mnt'))).toContain('latest');
      });
    });
  });

  it('of a folder without a backup, or of no folder, is refused', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'empty'));
      await mkdir(join(folder, 'mnt'));
      const empty = await duplifs(['mount', `file://${folder}/empty`, join(folder, 'mnt')]);
      expect(empty).toMatchObject({ status: 20 });
      const none = await duplifs(['mount', `file://${folder}/none`, join(folder, 'mnt')]);
      expect(none.status).not.toBe(0);
      expect(none.stderr).toContain('none');
    });
  });

  /** The processes of duplifs that were started with this mountpoint. */
  async function serversOf(mountpoint: string): Promise<string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return lines.filter((line) => line.split('\0').includes(mountpoint));
  }
});
