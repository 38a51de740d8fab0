/**
 * What is published: made twice, and installed on machines that have no Node.js and no compiler. Needs root, a mirror of Debian and
 * the registry of npm, and half an hour. DUPLIFS_PACKAGES names a folder where `npm run package` has made them already;
 * then they are made once more only, to compare.
 */
import { chown, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from '../services/service.js';
import { makeBareRoot, runInside } from '../support/bare-root.js';
import { buildImage, runContainer } from '../support/containerfile.js';
import type { Image } from '../support/containerfile.js';
import { built, root, run, runOk } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const hour = 3_600_000;
const newFolder = temporaryFolders(0o755);
const isRoot = process.getuid?.() === 0;
const given = process.env['DUPLIFS_PACKAGES'];

/** Makes all packages, with temporary files in a folder of another name each time. */
async function made(): Promise<string> {
  const folder = newFolder();
  const index = join(root, 'scripts/package/index.js');
  await runOk(process.execPath, [index, 'all', folder], {
    env: { TMPDIR: newFolder() },
    timeoutMs: hour,
  });
  return folder;
}

async function fileOf(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith(ending));
  if (name === undefined) throw new Error(`There is no *${ending} in "${folder}"`);
  return join(folder, name);
}

describe.skipIf(!isRoot)('the packages', { timeout: 2 * hour }, () => {
  let folder: string;
  let deb: string;
  let s3: Service | undefined;

  beforeAll(async () => {
    await built();
    folder = given ?? (await made());
    deb = await fileOf(folder, '.deb');
    s3 = await Service.start('s3-swift');
  }, hour);

  afterAll(async () => {
    await s3?.remove();
  });

  it('are as SHA256SUMS says', async () => {
    await runOk('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder });
  });

  it('give lintian no error and no warning to name', async () => {
    const args = ['--allow-root', '--fail-on', 'error,warning', deb];
    const { status, stdout } = await run('lintian', args, { timeoutMs: hour / 4 });
    expect({ status, named: stdout.match(/^[EW]: .*$/gm) }).toEqual({ status: 0, named: null });
  });

  describe.each(['bookworm', 'trixie'])('on a bare machine with %s', (suite) => {
    it('are installed, back up, restore, mount, are upgraded and leave nothing', async () => {
      const machine = newFolder();
      await makeBareRoot(suite, machine);
      const packages = newFolder();
      await copyFile(deb, join(packages, 'first.deb'));
      await copyFile(await fileOf(folder, '.tar.xz'), join(packages, 'portable.tar.xz'));
      await makeNewer(deb, join(packages, 'second.deb'));
      const secret = 'PASSPHRASE="a good passphrase"\n';
      await writeFile(join(packages, 'passphrase'), secret, { mode: 0o600 });
      await copyFile(join(root, 'test/support/package-steps.sh'), join(packages, 'steps.sh'));
      const { status, stdout, stderr } = await runInside(machine, ['sh', '/packages/steps.sh'], {
        binds: { '/packages': packages },
        env: { HOME: '/root', LC_ALL: 'C.UTF-8', SUITE: suite, ...storage() },
        timeoutMs: hour,
      });
      expect(status, `${stdout.slice(-3000)}\n${stderr.slice(-3000)}`).toBe(0);
      expect(stdout).toMatch(/all steps passed\n$/);
    });
  });

  it('are the same bytes when they are made again', async () => {
    const again = await made();
    const sums = async (of: string): Promise<string> => readFile(join(of, 'SHA256SUMS'), 'utf8');
    expect(await sums(again)).toBe(await sums(folder));
  });

  /** What the steps know of the S3 server on this machine, whose network theirs is. */
  function storage(): Record<string, string> {
    if (s3 === undefined) throw new Error('There is no S3 server');
    return {
      ENDPOINT: s3.get('ENDPOINT'),
      BUCKET: s3.get('BUCKET'),
      AWS_ACCESS_KEY_ID: s3.get('ACCESS_KEY'),
      AWS_SECRET_ACCESS_KEY: s3.get('SECRET_KEY'),
      AWS_REGION: s3.get('REGION'),
    };
  }

  /** The same package with a higher version. */
  async function makeNewer(from: string, to: string): Promise<void> {
    const tree = join(newFolder(), 'tree');
    await runOk('dpkg-deb', ['-R', from, tree]);
    const control = join(tree, 'DEBIAN/control');
    const text = await readFile(control, 'utf8');
    await writeFile(control, text.replace(/^(Version: .*)$/m, '$1.1'));
    await runOk('dpkg-deb', ['--root-owner-group', '-Znone', '-b', tree, to]);
  }

  describe('in a container', () => {
    let image: Image;
    let binds: Record<string, string>;

    beforeAll(async () => {
      image = await buildImage(
        join(root, 'packaging/container/Containerfile'),
        folder,
        newFolder(),
      );
      const [data, secrets, state, target, mountpoint] = Array.from({ length: 5 }, newFolder) as [
        ...[string, string, string, string, string],
      ];
      await mkdir(join(data, 'letters'));
      await writeFile(join(data, 'letters/grandma.txt'), 'Dear Grandma,\n');
      // as engines lay them down
      await writeFile(join(secrets, 'PASSPHRASE'), 'a good passphrase\n', { mode: 0o444 });
      for (const owned of [state, target, mountpoint]) await chown(owned, 10_001, 10_001);
      binds = {
        '/data': data,
        '/run/secrets': secrets,
        '/var/lib/duplifs': state,
        '/srv/backup': target,
        '/mnt/backup': mountpoint,
      };
    }, hour / 2);

    const env = { DUPLIFS_URL: 'file:///srv/backup', DUPLIFS_KEEP: '1Y' };
    const inside = async (
      command: readonly string[],
      more: Readonly<Record<string, string>> = {},
    ) => runContainer(image, command, { binds, env: { ...env, ...more } });

    it('an ordinary user backs up by schedule, with a root that is read-only', async () => {
      const scheduled = [...image.entrypoint, ...image.command].join(' ');
      const script = `! touch /usr/local/x 2>/dev/null && [ "$(id -u)" = 10001 ] &&
        { ${scheduled} & } && scheduler=$! &&
        while ! duplifs history backup 2>/dev/null | grep -q success; do sleep 1; done &&
        ${image.healthcheck} && kill "$scheduler" && wait "$scheduler"`;
      const { status, stdout, stderr } = await inside(['sh', '-c', script]);
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toMatch(/ok +keys: /);
      const files = await readdir(binds['/srv/backup'] ?? '');
      expect(files.some((name) => name.endsWith('.gpg'))).toBe(true);
      expect(files.filter((name) => /\.(difftar|sigtar)\.gz$/.test(name))).toEqual([]);
    });

    it('the backup is mounted and restored', async () => {
      const script = `{ ${image.entrypoint.join(' ')} mount & } && server=$! &&
        while kill -0 "$server" && [ ! -e /mnt/backup/latest ]; do sleep 0.2; done &&
        cat /mnt/backup/latest/letters/grandma.txt && kill "$server" && wait "$server"
        [ ! -e /mnt/backup/latest ] &&
        ${image.entrypoint.join(' ')} restore backup --path-to-restore letters /tmp/restored && ls /tmp/restored`;
      const { status, stdout, stderr } = await inside(['sh', '-c', script]);
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toContain('Dear Grandma,\n');
      expect(stdout).toMatch(/^grandma\.txt$/m);
    });

    it('nothing is backed up in the clear by accident', async () => {
      const { status, stderr } = await inside([...image.entrypoint, 'run', 'backup'], {
        DUPLIFS_SECRETS: '/nowhere',
      });
      expect(status).toBe(2);
      expect(stderr).toContain('for backups in the clear set DUPLIFS_ENCRYPTION=none');
    });
  });
});
