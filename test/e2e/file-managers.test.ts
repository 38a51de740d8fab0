/** What file managers and other programs of a desktop go by, on a mount. */
import { execFileSync } from 'node:child_process';
import { readdir, rm, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, mountPlace } from '../support/mount-process.js';
import { Mounted, withMount } from '../support/mounted.js';
import { run, runOk } from '../support/run.js';
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

function hasGio(): boolean {
  try {
    execFileSync('gio', ['version']);
    return true;
  } catch {
    return false;
  }
}
