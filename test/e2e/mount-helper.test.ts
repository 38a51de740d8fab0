/** Mounting as mount(8), fstab and systemd do it: by mount.duplifs, and through FUSE's own helper. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount, isMounted, until } from '../support/mount-process.js';
import { root, run, runOk } from '../support/run.js';

const helper = join(root, 'bin', 'mount.duplifs.js');
const isRoot = process.getuid?.() === 0;

describe.runIf(canMount && canMakeChains && isRoot)('mount.duplifs', () => {
  let backup: Chain;
  beforeAll(async () => {
    backup = await chain('passphrase');
  });

  interface Place {
    readonly mountpoint: string;
    /** In the manner of fstab. */
    readonly options: string;
    readonly environmentFile: string;
  }

  async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
    await withFolder(async (folder) => {
      const mountpoint = join(folder, 'mnt');
      await mkdir(mountpoint);
      const environmentFile = join(folder, 'secrets.env');
      const { PASSPHRASE = '' } = backup.env;
      await writeFile(environmentFile, `PASSPHRASE="${PASSPHRASE}"\n`, { mode: 0o600 });
      const options = `env-file=${environmentFile},archive_dir=${join(folder, 'archive')}`;
      try {
        await use({ mountpoint, options, environmentFile });
      } finally {
        if (await isMounted(mountpoint)) await run('umount', ['-l', mountpoint]);
      }
    });
  }

  async function expectTree({ mountpoint }: Place): Promise<void> {
    await runOk('cat', [join(mountpoint, 'latest/text/notes.txt')]);
    await runOk('umount', [mountpoint]);
    await until(async () => !(await isMounted(mountpoint)), 10_000);
  }

  it('mounts as mount(8) calls it, with the secrets of its file', async () => {
    await withPlace(async (place) => {
      const options = `rw,nofail,_netdev,x-systemd.automount,${place.options}`;
      await runOk(process.execPath, [helper, backup.url, place.mountpoint, '-o', options]);
      await expectTree(place);
    });
  });

  it.each(['allow_other', 'allow_other,drop_privileges'])(
    'serves the device that mount.fuse3 -o %s has opened',
    async (more) => {
      await withPlace(async (place) => {
        const source = `${helper}#${backup.url}`;
        const options = `${place.options},${more}`;
        await runOk('/sbin/mount.fuse3', [source, place.mountpoint, '-o', options]);
        await expectTree(place);
      });
    },
  );

  it('refuses a file of secrets that others can read', async () => {
    await withPlace(async ({ mountpoint, options, environmentFile }) => {
      await chmod(environmentFile, 0o644);
      const { status, stderr } = await run(process.execPath, [
        ...[helper, backup.url, mountpoint, '-o', options],
      ]);
      expect(status).not.toBe(0);
      expect(stderr).toContain(`"${environmentFile}" can be read by others`);
      expect(await isMounted(mountpoint)).toBe(false);
    });
  });

  it('says why it could not mount', async () => {
    await withPlace(async ({ mountpoint, options }) => {
      const { status, stderr } = await run(process.execPath, [
        ...[helper, `${backup.url}/missing`, mountpoint, '-o', options],
      ]);
      expect(status).not.toBe(0);
      expect(stderr).toContain('no such file or directory');
    });
  });
});
