import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageOptions } from '../../src/storage/index.js';
import { openStorage } from '../../src/storage/index.js';
import { rsyncTarget } from '../../src/storage/rsync/index.js';
import { parseStorageUrl } from '../../src/storage/url.js';
import { Service, servicesHere } from '../services/service.js';
import { collect, someBytes } from './bytes.js';
import { conformance } from './conformance/index.js';
import { freeze, thaw } from './immutable.js';

describe.runIf(servicesHere)('rsync (its daemon)', () => {
  let rsyncd: Service;
  beforeAll(async () => {
    rsyncd = await Service.start('rsyncd');
  });
  afterAll(async () => {
    thaw();
    await rsyncd.remove();
  });
  const url = (name: string): string =>
    `rsync://${rsyncd.get('USERNAME')}@127.0.0.1:${rsyncd.get('PORT')}::${rsyncd.get('MODULE')}/${name}`;
  const options = (): StorageOptions => ({ env: { RSYNC_PASSWORD: rsyncd.get('PASSWORD') } });

  conformance('rsync', ['credentials', 'permissions', 'server'], () => ({
    target: (name) => ({ url: url(`deep/er/${name}`), options: options() }),
    wrong: (name) => ({ url: url(name), options: { env: { RSYNC_PASSWORD: 'wrong-secret' } } }),
    readOnly: (name) => {
      freeze(join(rsyncd.get('ROOT'), name));
      return Promise.resolve({ url: url(name), options: options() });
    },
    server: rsyncd,
    manyFiles: 150,
    largeMiB: 100,
  }));

  it('names a module that there is not', async () => {
    const storage = await openStorage(url('x').replace('::backup', '::nothing'), options());
    await expect(storage.list()).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
    await storage.close();
  });
});

describe.runIf(servicesHere)('rsync through ssh', () => {
  let sshd: Service;
  let folder: string;
  beforeAll(async () => {
    sshd = await Service.start('sftp');
    folder = await mkdtemp(join(tmpdir(), 'duplifs-rsync-'));
  });
  afterAll(async () => {
    await sshd.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('writes, lists, reads and removes', async () => {
    const at = `rsync://${sshd.get('USER')}@127.0.0.1:${sshd.get('PORT')}/${folder}/a b/c`;
    const key = `-oIdentityFile=${sshd.get('KEY_FILE')}`;
    const hosts = `-oUserKnownHostsFile=${sshd.get('KNOWN_HOSTS')}`;
    const storage = await openStorage(at, { ssh: { options: [`-F none ${key} ${hosts}`] } });
    const bytes = someBytes(200_000);
    const name = 'duplicity-full.20260101T000000Z.vol1.difftar.gz';
    await storage.write(name, bytes, {});
    expect(await readdir(join(folder, 'a b/c'))).toEqual([name]);
    expect(await storage.list()).toMatchObject([{ name, size: 200_000 }]);
    const part = await collect(storage.read(name, { offset: 100_000, length: 7 }));
    expect(part.equals(bytes.subarray(100_000, 100_007))).toBe(true);
    await storage.remove([name]);
    expect(await storage.list()).toEqual([]);
    await storage.close();
  });
});

it('rsync is asked for in a sentence where it is not installed', async () => {
  const storage = await openStorage('rsync://h::m/a', {
    env: { PATH: '/nonexistent' },
    numRetries: 1,
  });
  await expect(storage.list()).rejects.toMatchObject({
    message: expect.stringContaining(': the program "rsync" is not installed') as string,
    hint: 'Install it with the package manager of your system',
  });
  await storage.close();
});

describe('rsync URLs', () => {
  const target = (url: string): unknown => {
    const { base, path } = rsyncTarget(parseStorageUrl(url), {});
    return [base, path];
  };

  it('name a daemon by two colons, else a host for ssh', () => {
    expect(target('rsync://h::m/a/b')).toEqual(['h::m/', 'a/b']);
    expect(target('rsync://u:p@h:873::/m/a/')).toEqual(['u@h::m/', 'a']);
    expect(target('rsync://u@h::m')).toEqual(['u@h::m/', '']);
    expect(target('rsync://u@h/a')).toEqual(['u@h:', 'a']);
    expect(target('rsync://u@h//a/b')).toEqual(['u@h:/', 'a/b']);
    expect(() => target('rsync://-oProxyCommand=x/a')).toThrow('names no host');
  });
});
