import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStorage, readWhole } from '../../src/storage/index.js';
import { conformance } from './conformance/index.js';
import { temporaryName } from '../../src/storage/temporary.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duplifs-storage-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a local folder', () => {
  let shared: string;
  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), 'duplifs-storage-'));
  });
  afterAll(async () => {
    await rm(shared, { recursive: true, force: true });
  });
  conformance('A local folder', [], () => ({
    target: (name) => ({ url: `file://${shared}/${name}`, options: {} }),
  }));

  it('is not made by opening, listing or reading, and an absent one says so', async () => {
    const storage = await openStorage(join(folder, 'absent'), {});
    await expect(storage.list()).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
      hint: expect.stringContaining('first backup') as string,
    });
    await expect(readWhole(storage, 'x', { maxBytes: 1 })).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
    });
    expect(existsSync(join(folder, 'absent'))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    'that is full says so, and keeps nothing of the file',
    async () => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'duplifs-test', folder]);
      try {
        const storage = await openStorage(folder, { numRetries: 1 });
        await storage.write('before', Buffer.alloc(1000), {});
        await expect(storage.write('x', Buffer.alloc(2_000_000), {})).rejects.toMatchObject({
          code: 'NO_SPACE',
          hint: expect.stringContaining('Make room') as string,
        });
        expect(await readdir(folder)).toEqual(['before']);
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  );

  it('is made by the first write, for its owner only', async () => {
    const storage = await openStorage(`file://${folder}/a/b`, {});
    await storage.write('x', Buffer.from('1'), {});
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'a/b/x'))).mode & 0o777).toBe(0o600);
  });

  it('shows plain files only: no folders, links, pipes, files in the making', async () => {
    const storage = await openStorage(folder, {});
    await mkdir(join(folder, 'folder'));
    await symlink('/etc/passwd', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await writeFile(join(folder, temporaryName()), 'half');
    await writeFile(join(folder, 'file'), 'whole');
    expect((await storage.list()).map(({ name, size }) => ({ name, size }))).toEqual([
      { name: 'file', size: 5 },
    ]);
    for (const name of ['folder', 'link', 'pipe']) {
      await expect(readWhole(storage, name, { maxBytes: 10 })).rejects.toMatchObject({
        code: expect.stringMatching(/^STORAGE/) as string,
      });
    }
  });

  it('keeps names that are not UTF-8', async () => {
    const storage = await openStorage(folder, {});
    await storage.write('caf\udce9', Buffer.from('1'), {});
    expect((await storage.list()).map(({ name }) => name)).toEqual(['caf\udce9']);
    expect(await readdir(folder, 'latin1')).toEqual(['caf\xe9']);
  });

  it('loses what a killed writer left, and keeps what a living one writes', async () => {
    const child = spawn('sleep', ['60']);
    const living = temporaryName().replace(`-${process.pid}-`, `-${String(child.pid)}-`);
    const own = temporaryName();
    // the same pid, another start time: the pid was given to another process
    const reused = own.replace(/-[0-9]+(-[0-9a-f]+)$/, '-1$1');
    const foreign = own
      .replace('.duplifs-tmp-', '.duplifs-tmp-00000000')
      .replace(/-0{8}[0-9a-f]{8}/, '-00000000');
    const old = foreign.replace(/[0-9a-f]{12}$/, '0123456789ab');
    for (const name of [living, own, reused, foreign, old]) await writeFile(join(folder, name), '');
    await utimes(join(folder, old), 1, 1);
    const born = execFileSync('cut', ['-d', ' ', '-f', '22', `/proc/${String(child.pid)}/stat`]);
    const alive = living.replace(/-[0-9]+(-[0-9a-f]+)$/, `-${born.toString().trim()}$1`);
    await writeFile(join(folder, alive), '');

    await (await openStorage(folder, {})).write('x', Buffer.from('1'), {});
    expect((await readdir(folder)).sort()).toEqual([own, foreign, alive, 'x'].sort());

    child.kill();
    await once(child, 'exit');
    await (await openStorage(folder, {})).write('x', Buffer.from('1'), {});
    expect((await readdir(folder)).sort()).toEqual([own, foreign, 'x'].sort());
  });
});
