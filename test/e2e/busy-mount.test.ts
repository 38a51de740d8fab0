/** Who holds a mount that cannot be unmounted, or stands where another is to be mounted. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeldStorage } from '../support/held-storage.js';
import { withFolder } from '../support/folders.js';
import { canMount, isMounted, mountPlace } from '../support/mount-process.js';
import { Mounted } from '../support/mounted.js';
import { noise } from '../support/noise.js';
import { duplifs, duplifsScript, run, runOk } from '../support/run.js';
import { smallBackup } from '../support/small-backup.js';
import type { SmallBackup } from '../support/small-backup.js';

describe.runIf(canMount)('a mount that is busy', () => {
  let folder = '';
  let backup: SmallBackup;
  let mounted: Mounted;

  beforeAll(async () => {
    ({ folder } = await mountPlace());
    backup = await smallBackup(folder);
    mounted = await Mounted.start(backup);
  });

  afterAll(async () => {
    await mounted.remove();
    await rm(folder, { recursive: true });
  });

  it('with another backup says what it is, and which process serves it', async () => {
    const { status, stderr } = await duplifs(['mount', backup.url, mounted.mountpoint]);
    expect(status).toBe(25);
    expect(stderr).toContain('A backup is already mounted');
    expect(stderr).toContain(`It is "${backup.url}", served by process ${mounted.pid} "`);
  });

  it('with a mount below names that', async () => {
    const below = mounted.at('latest', 'folder');
    await runOk('mount', ['--bind', folder, below]);
    try {
      const { status, stderr } = await duplifs(['umount', mounted.mountpoint]);
      expect(status).toBe(25);
      expect(stderr).toMatch(/is in use by the mount ".*\/folder"/);
    } finally {
      await run('umount', [below]);
    }
  });

  it('is unmounted from within by a program that then leaves it', async () => {
    const line = 'cd "$1/latest" && exec "$2" "$3" umount ../..';
    const words = [mounted.mountpoint, process.execPath, duplifsScript];
    const { status, stderr } = await run('sh', ['-c', line, 'sh', ...words]);
    expect([status, stderr]).toEqual([0, '']);
    expect(await mounted.end()).toBe(0);
  });
});

describe.runIf(canMount)('a mount in which a read hangs', () => {
  it('says who reads, at once, to duplifs umount, and goes by umount -l', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'source'));
      await writeFile(join(folder, 'source/big'), noise(3_000_000));
      const target = join(folder, 'target');
      const made = ['full', '--no-encryption', '--volsize', '1', join(folder, 'source'), target];
      expect(await duplifs(made)).toMatchObject({ status: 0 });
      const storage = await HeldStorage.start(target);
      const mounted = await Mounted.start(storage.place);
      try {
        const waits = storage.hold(/vol2/);
        const reading = run('cat', [mounted.at('latest/big')]);
        await waits;
        const refused = await duplifs(['umount', mounted.mountpoint], { timeoutMs: 20_000 });
        expect(refused.status).toBe(25);
        expect(refused.stderr).toMatch(/is in use by process \d+ "cat" \(open file ".*\/big"\)/);
        const plain = await run('umount', [mounted.mountpoint], { timeoutMs: 10_000 });
        expect(plain.stderr).toContain('busy');
        await runOk('umount', ['-l', mounted.mountpoint], { timeoutMs: 10_000 });
        expect(await isMounted(mounted.mountpoint)).toBe(false);
        process.kill(Number(/process (\d+) "cat"/.exec(refused.stderr)?.[1]), 'SIGKILL');
        await reading;
        expect(await mounted.end()).toBe(0);
      } finally {
        await mounted.remove();
        await storage.stop();
      }
    });
  });
});
