/** Backups that automount(8) mounts when somebody looks, as autofs and systemd do it at boot. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Automount } from '../support/automount.js';
import { withFolder } from '../support/folders.js';
import { canMount, until } from '../support/mount-process.js';
import { duplifs } from '../support/run.js';

const canAutomount = process.env['CI'] === 'true' || (canMount && hasAutomount());

describe.runIf(canAutomount)('a backup on an automount', () => {
  interface Place {
    readonly folder: string;
    readonly target: string;
    /** For maps. */
    readonly options: string;
  }

  async function withBackup(use: (place: Place) => Promise<void>): Promise<void> {
    await withFolder(async (folder) => {
      const target = join(folder, 'target');
      await mkdir(join(folder, 'source'));
      await writeFile(join(folder, 'source', 'a'), 'hello');
      const source = ['backup', '--no-encryption', join(folder, 'source'), `file://${target}`];
      expect(await duplifs(source)).toMatchObject({ status: 0 });
      await use({ folder, target, options: `archive-dir=${join(folder, 'archive')}` });
    });
  }

  /** Serves a map until `use` is done. */
  async function automounted(
    { folder }: Place,
    maps: Readonly<Record<string, string>>,
    use: (automount: Automount) => Promise<void>,
  ): Promise<void> {
    const master: string[] = [];
    for (const [at, map] of Object.entries(maps)) {
      const file = join(folder, `auto.${master.length}`);
      await writeFile(file, `${map}\n`);
      master.push(`${at} ${file}`);
    }
    const automount = await Automount.start(folder, master);
    try {
      await use(automount);
    } finally {
      await automount.stop();
    }
  }

  async function expectFile(automount: Automount, mountpoint: string): Promise<void> {
    const read = await automount.run('cat', [join(mountpoint, 'latest', 'a')]);
    expect(read, automount.log).toMatchObject({ status: 0, stdout: 'hello' });
  }

  it.each([
    ['direct', (folder: string) => ({ at: '/-', key: join(folder, 'mnt') })],
    ['indirect', (folder: string) => ({ at: join(folder, 'auto'), key: 'mnt' })],
  ] as const)(
    'comes up by a(n) %s map, goes when nobody looks, and comes again',
    async (_, where) => {
      await withBackup(async (place) => {
        const { at, key } = where(place.folder);
        const mountpoint = at === '/-' ? key : join(at, key);
        const map = `${key} -fstype=duplifs,${place.options} :file\\://${place.target}`;
        await automounted(place, { [at]: map }, async (automount) => {
          for (let time = 0; time < 2; time += 1) {
            await expectFile(automount, mountpoint);
            expect(await automount.typesAt(mountpoint)).toContain('fuse.duplifs');
            const isGone = async () => !(await automount.typesAt(mountpoint)).includes('fuse');
            await until(isGone, 20_000, () => automount.log);
          }
        });
      });
    },
  );

  it('reads from a storage that lies on another automount of the same program', async () => {
    await withBackup(async (place) => {
      const { folder, target, options } = place;
      const maps = {
        [join(folder, 'auto')]:
          `mnt -fstype=duplifs,${options} :file\\://${join(folder, 'disks', 'one')}`,
        [join(folder, 'disks')]: `one -fstype=bind :${target}`,
      };
      await automounted(place, maps, async (automount) => {
        await expectFile(automount, join(folder, 'auto', 'mnt'));
      });
    });
  });

  it.each([
    ['there is no backup', 'missing', '', 'Cannot list the files'],
    ['libfuse is to mount', 'target', ',fuse-engine=libfuse', 'and without --fuse-engine libfuse'],
  ])('fails at once where %s, and says why', async (_, storage, more, said) => {
    await withBackup(async (place) => {
      const { folder, options } = place;
      const map = `mnt -fstype=duplifs,${options}${more} :file\\://${join(folder, storage)}`;
      await automounted(place, { [join(folder, 'auto')]: map }, async (automount) => {
        const read = await automount.run('ls', [join(folder, 'auto', 'mnt')]);
        expect(read.status).toBe(2);
        await until(
          () => automount.log.includes(said),
          5000,
          () => automount.log,
        );
      });
    });
  });
});

function hasAutomount(): boolean {
  try {
    execFileSync('automount', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
