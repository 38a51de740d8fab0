/** What file managers and other programs of a desktop go by, on a mount. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, mountPlace } from '../support/mount-process.js';
import { Mounted, withMount } from '../support/mounted.js';
import { noise } from '../support/noise.js';
import { duplifs, run, runOk } from '../support/run.js';
import { smallBackup } from '../support/small-backup.js';
import type { SmallBackup } from '../support/small-backup.js';

const canAskGio = process.env['CI'] === 'true' || hasGio();

describe.runIf(canMount)('a mount', () => {
  let folder = '';
  let backup: SmallBackup;
  let mounted: Mounted;

  beforeAll(async () => {
    ({ folder } = await mountPlace());
    backup = await smallBackup(folder);
    mounted = await Mounted.start(backup);
  });

  afterAll(async () => {
    await mounted.stop();
    await rm(folder, { recursive: true });
  });

  it('is as large as what is stored, and full, for df', async () => {
    const args = ['--output=size,used,avail,pcent', '-B1', mounted.mountpoint];
    const [, line = ''] = (await runOk('df', args)).split('\n');
    const [size = '', used, available, percent] = line.trim().split(/ +/);
    const target = await runOk('du', ['-bs', new URL(backup.url).pathname]);
    expect(Number(size)).toBeGreaterThan(Number.parseInt(target, 10) - 8192);
    expect([used, available, percent]).toEqual([size, '0', '100%']);
  });

  it('is the same for find, du and grep whatever was looked up in at/', async () => {
    const seen = async () => [
      await runOk('find', [mounted.mountpoint]),
      await runOk('du', ['-s', mounted.mountpoint]),
      (await run('grep', ['-rlD', 'skip', 'content', mounted.mountpoint])).stdout,
    ];
    const before = await seen();
    for (const time of ['now', '1s', '2026-03-04T05-06-07Z', 'Wed Mar  4 05:06:07 2026']) {
      expect(await readdir(mounted.at('at', time))).toContain('file');
    }
    expect(await readdir(mounted.at('at'))).toEqual([]);
    expect((await stat(mounted.at('at'))).nlink).toBe(2);
    expect(await seen()).toEqual(before);
  });

  it('has the modes of the backup, and cannot be written to by who asks', async () => {
    const source = await stat(backup.source);
    expect((await stat(mounted.at('latest/'))).mode).toBe(source.mode);
    const asked =
      'import os,sys; print(os.access(sys.argv[1], os.R_OK), os.access(sys.argv[1], os.W_OK))';
    expect(await runOk('python3', ['-c', asked, mounted.at('latest/file')])).toBe('True False\n');
  });

  it.runIf(canAskGio)('lets nothing be written, deleted or renamed, for GLib', async () => {
    const system = await runOk('gio', ['info', '-f', mounted.mountpoint]);
    expect(system).toContain('filesystem::readonly: TRUE');
    const file = await runOk('gio', ['info', '-a', 'access::', mounted.at('latest/file')]);
    for (const right of ['write', 'delete', 'trash', 'rename']) {
      expect(file).toContain(`access::can-${right}: FALSE`);
    }
  });

  it.each(['kernel', 'libfuse'] as const)(
    'is a network folder by its type with --as-network, engine %s, also when it crashes',
    async (engine) => {
      const spec = { ...backup, engine, args: ['--as-network'] };
      const typeOf = (mountpoint: string) =>
        runOk('findmnt', ['-no', 'FSTYPE', '--mountpoint', mountpoint]);
      const dead = await Mounted.start(spec);
      try {
        expect(await typeOf(dead.mountpoint)).toBe('fuse.sshfs\n');
        dead.signal('SIGKILL');
        await dead.end();
        await withMount({ ...spec, mountpoint: dead.mountpoint }, async (next) => {
          expect(await readdir(next.mountpoint)).toContain('latest');
        });
      } finally {
        await dead.remove();
      }
    },
  );
});

describe.runIf(canMount && canAskGio)('a mount that GLib takes for a network folder', () => {
  let folder = '';
  let backup: SmallBackup;
  let mounted: Mounted;

  beforeAll(async () => {
    ({ folder } = await mountPlace());
    backup = await smallBackup(folder);
    mounted = await Mounted.start({ ...backup, args: ['--as-network'] });
  });

  afterAll(async () => {
    await mounted.stop();
    await rm(folder, { recursive: true });
  });

  it('is one from the release on that knows any of FUSE', async () => {
    const [major = 0, minor = 0] = (await runOk('gio', ['version'])).split('.').map(Number);
    const isKnown = major > 2 || minor >= 75;
    const system = await runOk('gio', ['info', '-f', mounted.mountpoint]);
    expect(system).toContain(`filesystem::remote: ${isKnown ? 'TRUE' : 'FALSE'}`);
    expect(system).toContain('filesystem::readonly: TRUE');
  });

  it('is listed, and copied out of with times', async () => {
    const listed = await runOk('gio', ['list', mounted.at('latest')]);
    expect(listed.trim().split('\n').toSorted()).toEqual(
      ['away', 'fifo', 'file', 'folder', 'link'].toSorted(),
    );
    const copy = join(folder, 'copy');
    await runOk('gio', ['copy', '--preserve', mounted.at('latest/file'), copy]);
    expect(await readFile(copy, 'utf8')).toBe('content\n');
    expect((await stat(copy)).mtimeMs).toBe((backup.time - 60) * 1000);
  });

  it.each([
    ['trash', ['latest/file'], 'create trash directory'],
    ['remove', ['latest/file'], 'Read-only file system'],
    ['rename', ['latest/file', 'other'], 'Read-only file system'],
    ['mkdir', ['latest/new'], 'Read-only file system'],
    ['save', ['latest/file'], 'Read-only file system'],
    ['copy', ['latest/file', 'latest/folder/copy'], 'Read-only file system'],
  ])('refuses %s, and says why', async (command, paths, why) => {
    const inside = paths.map((path) => (path.startsWith('latest/') ? mounted.at(path) : path));
    const refused = await run('gio', [command, ...inside], { env: { LC_ALL: 'C.UTF-8' } });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain(why);
    expect(await readFile(mounted.at('latest/file'), 'utf8')).toBe('content\n');
    expect(await readdir(mounted.at('latest/folder'))).toEqual(['absolute', 'inner']);
  });

  it('has only the beginnings of files read for their types', async () => {
    const [source, url] = [join(folder, 'large'), `file://${join(folder, 'large-target')}`];
    await mkdir(source);
    const [count, size] = [3, 4_000_000];
    for (let i = 0; i < count; i += 1) await writeFile(join(source, `file${i}`), noise(size, i));
    const made = await duplifs(['full', '--no-encryption', source, url]);
    expect(made.status, made.stderr).toBe(0);
    const spec = { url, args: ['--as-network', '--verbosity', '8'] };
    const { log } = await withMount(spec, async (large) => {
      const args = ['list', '-l', '-a', 'standard::content-type', large.at('latest')];
      const types = await runOk('gio', args);
      expect(types.match(/content-type=application\/octet-stream/g)).toHaveLength(count);
      return large;
    });
    const bytes = Number(/(\d+) bytes read/.exec(log)?.[1]);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan((count * size) / 4);
  });
});

function hasGio(): boolean {
  try {
    execFileSync('gio', ['version']);
    return true;
  } catch {
    return false;
  }
}
