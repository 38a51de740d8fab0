/** Mounting as mount(8), fstab and systemd do it: by mount.duplifs, and through FUSE's own helper. */
import { chmod, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount, isMounted, until } from '../support/mount-process.js';
import { root, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';

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

  it('mounts the type that mountinfo shows, "fuse.duplifs", as mount.fuse3 calls it', async () => {
    await withPlace(async (place) => {
      const programs = await mkdtemp(join(place.mountpoint, '..', 'bin-'));
      await symlink(join(root, 'bin', 'duplifs.js'), join(programs, 'duplifs'));
      const { PATH = '' } = process.env;
      await runOk(
        '/sbin/mount.fuse3',
        [backup.url, place.mountpoint, '-t', 'fuse.duplifs', '-o', place.options],
        { env: { PATH: `${programs}:${PATH}` } },
      );
      await expectTree(place);
    });
  });

  describe('where Node.js is in no folder that mount(8) looks in', () => {
    /** Runs a line of shell where no "node" can be run but the one at "$2/node". */
    async function withoutNode(line: string, { mountpoint }: Place): Promise<Finished> {
      const folder = join(mountpoint, '..');
      await writeFile(join(folder, 'node'), '', { mode: 0o755 });
      const script = [
        'mount --bind "$1" "$2/node"',
        'for hidden in "$1" /usr/bin/node /usr/local/bin/node; do',
        '  [ -e "$hidden" ] && mount --bind /dev/null "$(readlink -f "$hidden")"',
        'done',
        'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
        line,
      ].join('\n');
      const words = ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh'];
      return run('unshare', [...words, process.execPath, folder, helper]);
    }

    it('takes the one beside a link to the helper', async () => {
      await withPlace(async (place) => {
        const line = 'ln -s "$3" "$2/mount.duplifs"; ln -s "$2/mount.duplifs" "$2/link"; "$2/link"';
        expect((await withoutNode(line, place)).stderr).toContain(
          'A URL and a mountpoint are needed',
        );
      });
    });

    it.each(['mount.duplifs', 'duplifs'])('%s says so, and what to do', async (name) => {
      await withPlace(async (place) => {
        const { status, stderr } = await withoutNode(
          `"$(dirname "$3")/${name}.js" --version`,
          place,
        );
        expect(status).toBe(2);
        expect(stderr).toContain(`${name}: Node.js was not found`);
        expect(stderr).toContain('ln -s');
      });
    });
  });

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
