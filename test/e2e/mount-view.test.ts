/** What a mount shows besides the snapshots, and what it does not allow. */
import { lstat, readdir, readFile, readlink, rename, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain, differences, folderName } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { canMount } from '../support/mount-process.js';
import { Mounted, withMount } from '../support/mounted.js';
import { duplifs, run, shell } from '../support/run.js';
import { withCopy, withFolder } from '../support/folders.js';

describe.runIf(canMount && canMakeChains)('a mount without --time', () => {
  let backup: Chain;
  let mounted: Mounted;
  /** The folders in snapshots/. */
  let folders: string[];

  beforeAll(async () => {
    backup = await chain('gzip');
    folders = backup.times.map(folderName);
    mounted = await Mounted.start(backup);
  });

  afterAll(async () => {
    await mounted.stop();
  });

  it('shows a folder for each set, named by its time without a colon', async () => {
    expect((await readdir(mounted.mountpoint)).sort()).toEqual([
      'at',
      'latest',
      'snapshots',
      'versions',
    ]);
    expect((await readdir(mounted.at('snapshots'))).sort()).toEqual(folders);
    expect(folders[0]).toBe('2023-11-14T22-13-20Z');
  });

  it('has a link to the newest of them', async () => {
    expect(await readlink(mounted.at('latest'))).toBe(`snapshots/${folders.at(-1) ?? ''}`);
  });

  it('reads a name in at/ as a time, and lists none', async () => {
    await withMount(backup, async (fresh) => {
      expect(await readdir(fresh.at('at'))).toEqual([]);
      const size = async (time: string): Promise<number> =>
        (await stat(fresh.at('at', time, 'big/log.txt'))).size;
      const now = await size('now');
      expect(now).toBeGreaterThan(await size('2023-11-15'));
      expect(await size(`${backup.times[1] ?? 0}`)).toBe(await size('2023-11-15T22:13:20Z'));
      expect(await size('1Y')).toBe(now);
      for (const impossible of ['yesterday', '3X', '2023-13-01', '.hidden', 'D3', 'now ']) {
        await expect(lstat(fresh.at('at', impossible)), impossible).rejects.toMatchObject({
          code: 'ENOENT',
        });
      }
      expect(await readdir(fresh.at('at'))).toEqual([]);
    });
  });

  it('has no folder in at/ for a time before the first set', async () => {
    await expect(lstat(mounted.at('at/2001-01-01'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes a time between two sets for the earlier of them', async () => {
    const between = `${(backup.times[2] ?? 0) + 80_000}`;
    const found = await differences(backup.recordings[2] ?? '', mounted.at('at', between));
    expect(found).toEqual([]);
  });

  it('shows each distinct version of a file, by its time and with its extension', async () => {
    const names = (await readdir(mounted.at('versions/text/notes.txt'))).sort();
    expect(names).toEqual(folders.map((folder) => `${folder}.txt`));
    for (const [set, name] of names.entries()) {
      const version = await readFile(mounted.at('versions/text/notes.txt', name));
      const snapshot = await readFile(
        mounted.at('snapshots', folders[set] ?? '', 'text/notes.txt'),
      );
      expect(version.equals(snapshot)).toBe(true);
    }
  });

  it('shows one version of a file that never changed', async () => {
    expect(await readdir(mounted.at('versions/sizes/65536'))).toEqual([folders[0]]);
  });

  it('shows files that were deleted long ago, and the version that came back', async () => {
    await expect(lstat(mounted.at('latest/gone/later/y'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(await readdir(mounted.at('versions/gone/later/y/z'))).toEqual([folders[0]]);
    expect(await readFile(mounted.at('versions/gone/later/y/z', folders[0] ?? ''), 'utf8')).toBe(
      'z',
    );
    const came = (await readdir(mounted.at('versions/gone/later/x'))).sort();
    expect(came).toEqual([folders[0], folders[3]]);
    expect(await readFile(mounted.at('versions/gone/later/x', folders[3] ?? ''), 'utf8')).toBe(
      'back again\n',
    );
  });

  it('shows a path that was a file and became a folder as both', async () => {
    const names = (await readdir(mounted.at('versions/types/becomes-dir'))).sort();
    expect(names).toEqual([folders[0], 'inner']);
  });

  it('has no way to change anything', async () => {
    const file = mounted.at('latest/text/notes.txt');
    const folder = mounted.at('latest/text');
    const changes = [
      ['touch', file],
      ['touch', join(folder, 'new')],
      ['mkdir', join(folder, 'new')],
      ['mkdir', mounted.at('at/new folder')],
      ['rm', '-f', file],
      ['rmdir', mounted.at('latest/empty-dir')],
      ['mv', file, join(folder, 'other')],
      ['ln', file, join(folder, 'other')],
      ['ln', '-s', 'x', join(folder, 'other')],
      ['chmod', '600', file],
      ['chown', '1', file],
      ['truncate', '-s', '0', file],
      ['mkfifo', join(folder, 'pipe')],
      ['setfattr', '-n', 'user.x', '-v', 'y', file],
      ['bash', '-c', `echo x >> '${file}'`],
    ];
    for (const [program = '', ...args] of changes) {
      const { status, stderr } = await run(program, args);
      expect(status, `${program} ${args.join(' ')}`).not.toBe(0);
      expect(stderr).toContain('Read-only file system');
    }
  });

  it('is mounted nosuid and nodev, and a device in it cannot be opened', async () => {
    const line = await shell(`grep ' ${mounted.mountpoint} ' /proc/self/mounts`, '/');
    expect(line).toMatch(/ fuse\.duplifs ro,nosuid,nodev,/);
    const { status, stderr } = await run('cat', [mounted.at('latest/special-chr')]);
    expect(status).not.toBe(0);
    expect(stderr).toContain('Permission denied');
  });

  it('says where an entry comes from in its extended attributes', async () => {
    const value = (name: string) =>
      shell(`getfattr -n ${name} latest/names/renamed\\ with\\ space`, mounted.mountpoint);
    expect(await value('user.duplifs.time')).toContain('"2023-11-16T22:13:20.000Z"');
    expect(await value('user.duplifs.volumes')).toContain('.vol1.difftar.gz');
  });
});

describe.runIf(canMount && canMakeChains)('a mount with options', () => {
  let backup: Chain;
  beforeAll(async () => {
    backup = await chain('gzip');
  });

  it('--path-to-restore shows that folder alone', async () => {
    const args = ['--path-to-restore', 'many/3'];
    await withMount({ ...backup, args }, async ({ mountpoint }) => {
      const names = (await readdir(mountpoint)).sort();
      expect(names).toContain('file-003');
      expect(names.every((name) => /^file-\d\d3$/.test(name))).toBe(true);
    });
  });

  it('--path-to-restore with --time shows it as of then', async () => {
    const args = ['--file-to-restore', '/gone/', '--restore-time', '2023-11-15'];
    await withMount({ ...backup, args }, async (mounted) => {
      expect(await readFile(mounted.at('later/y/z'), 'utf8')).toBe('z');
      expect((await lstat(mounted.mountpoint)).nlink).toBe(3);
    });
  });

  it('--path-to-restore of a file, or of nothing, is refused', async () => {
    const file = await withFolder((folder) =>
      duplifs(['mount', backup.url, folder, '--path-to-restore', 'text/notes.txt']),
    );
    expect(file.status).toBe(11);
    expect(file.stderr).toContain('"text/notes.txt" is a file');
    const nothing = await withFolder((folder) =>
      duplifs(['mount', backup.url, folder, '--path-to-restore', 'no/such']),
    );
    expect(nothing.status).toBe(19);
    expect(nothing.stderr).toContain('"no/such" is not in the backup');
  });

  it('--time before the first set is an error that names the first set', async () => {
    const { status, stderr } = await withFolder((folder) =>
      duplifs(['mount', backup.url, folder, '--time', '2001-01-01']),
    );
    expect(status).toBe(20);
    expect(stderr).toContain('2023');
  });

  it('--time that is no time is an error of usage', async () => {
    const { status, stderr } = await withFolder((folder) =>
      duplifs(['mount', backup.url, folder, '--time', 'sometime']),
    );
    expect(status).toBe(2);
    expect(stderr).toContain('"sometime"');
  });

  it("--uid, --gid and --umask show everything as one's own", async () => {
    const args = ['--uid', '1234', '--gid', '4321', '--umask', '027'];
    await withMount({ ...backup, args }, async (mounted) => {
      const paths = [
        mounted.mountpoint,
        mounted.at('latest/owners/other'),
        mounted.at('latest/big'),
      ];
      for (const path of paths) expect(await lstat(path)).toMatchObject({ uid: 1234, gid: 4321 });
      expect((await lstat(mounted.at('latest/modes/setuid'))).mode & 0o7777).toBe(0o4750);
      expect((await lstat(mounted.at('latest/big'))).mode & 0o7777).toBe(0o750);
    });
  });

  it('statfs answers, and known folders are listed, while the storage is gone', async () => {
    await withCopy(backup, async (copy) => {
      await withMount(copy, async (mounted) => {
        await shell('ls -lR . > /dev/null', mounted.at('latest/'));
        await rename(copy.target, `${copy.target}.away`);
        expect(await statfs(mounted.mountpoint)).toMatchObject({ bfree: 0, bavail: 0 });
        expect(await run('df', [mounted.mountpoint])).toMatchObject({ status: 0 });
        expect(await readdir(mounted.at('latest/many/1'))).not.toEqual([]);
      });
    });
  });
});
