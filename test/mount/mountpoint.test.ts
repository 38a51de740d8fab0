import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isDuplifsError } from '../../src/base/index.js';
import { prepareMountpoint } from '../../src/mount/mountpoint.js';
import type { ForeignFolder } from '../../src/mount/mountpoint.js';
import { parseMountinfo, readMounts } from '../../src/mount/mountinfo.js';
import { unmountPath } from '../../src/mount/unmount.js';
import { canMount } from '../support/mount-process.js';
import { temporaryFolders } from '../support/temporary.js';
import { cleanUp, program, script, serve } from './support/served.js';

afterEach(cleanUp);
const newFolder = temporaryFolders(0o755);

async function refusal(mountpoint: string, others: readonly ForeignFolder[] = []): Promise<string> {
  try {
    return `accepted ${await prepareMountpoint(mountpoint, others)}`;
  } catch (error) {
    if (!isDuplifsError(error)) throw error;
    return error.message;
  }
}

describe('a mountpoint', () => {
  test('that is an empty folder is accepted, by its real path', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'mnt'));
    symlinkSync('mnt', join(folder, 'link'));
    symlinkSync(folder, join(folder, 'around'));
    const real = realpathSync(join(folder, 'mnt'));
    expect(await prepareMountpoint(join(folder, 'mnt'))).toBe(real);
    expect(await prepareMountpoint(join(folder, 'link'))).toBe(real);
    expect(await prepareMountpoint(join(folder, 'around/link/'))).toBe(real);
  });

  test('that somebody else has opened is taken as it is', async () => {
    expect(await prepareMountpoint('/dev/fd/12')).toBe('/dev/fd/12');
  });

  test('is refused where it does not exist, is a file, or is full', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(join(folder, 'none'))).toBe(
      `The mountpoint "${folder}/none" does not exist`,
    );
    expect(await refusal(join(folder, 'none/deeper'))).toContain('does not exist');
    expect(await refusal(join(folder, 'file'))).toBe(
      `The mountpoint "${folder}/file" is not a folder`,
    );
    expect(await refusal(join(folder, 'file/below'))).toContain('is not a folder');
    expect(await refusal(folder)).toBe(`The mountpoint "${folder}" is not empty`);
    expect(await refusal('/')).toContain('is not empty');
  });

  test('is refused where it overlaps the storage, the source or the caches, also through links', async () => {
    const folder = newFolder();
    const mountpoint = join(folder, 'a/mnt');
    mkdirSync(mountpoint, { recursive: true });
    mkdirSync(join(folder, 'a/mnt2'));
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    const apart = (path: string) => refusal(mountpoint, [{ what: 'the storage', path }]);
    for (const path of [mountpoint, join(folder, 'a'), folder, join(folder, 'link'), '/']) {
      expect(await apart(path)).toContain('overlaps the storage');
    }
    expect(await apart(join(mountpoint, 'not/there/yet'))).toContain('overlaps the storage');
    expect(await apart(join(folder, 'link/mnt/not/there/yet'))).toContain('overlaps the storage');
    expect(await apart(join(folder, 'a/mnt2'))).toBe(`accepted ${mountpoint}`);
    expect(await apart(join(folder, 'a/mn'))).toBe(`accepted ${mountpoint}`);
  });
});

describe('mountinfo', () => {
  test('is read with its escapes and optional fields', () => {
    const text = Buffer.from(
      '36 35 98:0 /mnt1 /mnt\\040two\\134x\\012y rw,noatime master:1 shared:2 - ext3 /dev/root rw\n' +
        '40 36 0:41 / /caf\xe9 ro - fuse.duplifs file:///a\\040b ro,user_id=0\n' +
        'rubbish\n',
      'latin1',
    );
    expect(parseMountinfo(text)).toEqual([
      { id: 36, device: '98:0', mountpoint: '/mnt two\\x\ny', type: 'ext3', source: '/dev/root' },
      {
        id: 40,
        device: '0:41',
        mountpoint: '/caf\udce9',
        type: 'fuse.duplifs',
        source: 'file:///a b',
      },
    ]);
  });
});

describe.runIf(canMount)('a mountpoint with a mount', () => {
  test('of ours that lives is refused', async () => {
    const { mountpoint } = await serve({ tree: 'sample' });
    expect(await refusal(mountpoint)).toBe(`A backup is already mounted at "${mountpoint}"`);
    expect(await script('cat "$1/kinds/setuid"', mountpoint)).toBe('x');
  });

  test('of ours that crashed is cleaned up, and mounted again', async () => {
    const first = await serve({ tree: 'sample' });
    first.signal('SIGKILL');
    await first.ended;
    expect(await prepareMountpoint(first.mountpoint)).toBe(first.mountpoint);
    expect((await readMounts()).some(({ mountpoint }) => mountpoint === first.mountpoint)).toBe(
      false,
    );
    const second = await serve({ tree: 'sample', mountpoint: first.mountpoint });
    expect(await script('cat "$1/kinds/setuid"', second.mountpoint)).toBe('x');
  });

  test('of ours that crashed is cleaned up while somebody still stands in it', async () => {
    const served = await serve({ tree: 'sample' });
    const user = program(['sleep', '3'], { cwd: join(served.mountpoint, 'kinds') });
    await new Promise((resolve) => setTimeout(resolve, 300));
    served.signal('SIGKILL');
    await served.ended;
    expect(await prepareMountpoint(served.mountpoint)).toBe(served.mountpoint);
    await user;
  });

  test('can be unmounted by path, and only once', async () => {
    const served = await serve({ tree: 'sample' });
    await unmountPath(served.mountpoint);
    expect(await served.ended).toBe(0);
    await expect(unmountPath(served.mountpoint)).rejects.toThrow(
      `Nothing is mounted at "${served.mountpoint}"`,
    );
  });

  test('that is in use names an open file, and goes by force', async () => {
    const served = await serve({ tree: 'sample' });
    const file = join(served.mountpoint, 'kinds/linked');
    const [opened, done] = [join(newFolder(), 'opened'), join(newFolder(), 'done')];
    const held = 'exec 7< "$0"; : > "$1"; while [ ! -e "$2" ]; do sleep 0.1; done';
    const user = program(['bash', '-c', held, file, opened, done]);
    await vi.waitUntil(() => existsSync(opened), { timeout: 20_000 });
    const busy = `is in use by process \\d+ "(bash|sleep)" \\(open file "${file}"\\)`;
    await expect(unmountPath(served.mountpoint)).rejects.toThrow(new RegExp(busy));
    await unmountPath(served.mountpoint, { force: true });
    expect((await readMounts()).some(({ mountpoint }) => mountpoint === served.mountpoint)).toBe(
      false,
    );
    writeFileSync(done, '');
    await user;
  });
});
