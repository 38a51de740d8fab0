import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Storage, StorageOptions } from '../../src/storage/index.js';
import { openStorage } from '../../src/storage/index.js';
import { Service, servicesHere } from '../services/service.js';
import { run } from '../support/run.js';
import { conformance } from './conformance/index.js';
import { freeze, thaw } from './immutable.js';

describe.runIf(servicesHere)('SFTP (OpenSSH)', () => {
  let sshd: Service;
  let home: string;
  beforeAll(async () => {
    sshd = await Service.start('sftp');
    home = await mkdtemp(join(tmpdir(), 'duplifs-ssh-home-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, 'other')]);
  });
  afterAll(async () => {
    thaw();
    await sshd.remove();
    await rm(home, { recursive: true, force: true });
  });

  const url = (path: string): string =>
    `sftp://${sshd.get('USER')}@127.0.0.1:${sshd.get('PORT')}/${path}`;
  const options = (key = sshd.get('KEY_FILE'), more = ''): StorageOptions => ({
    env: { HOME: home },
    ssh: {
      options: [`-oUserKnownHostsFile='${sshd.get('KNOWN_HOSTS')}' -oIdentityFile='${key}'`, more],
    },
  });
  const attempt = async (more: StorageOptions, at = url('')): Promise<unknown> => {
    const storage = await openStorage(at, { numRetries: 1, ...more });
    try {
      return await storage.list();
    } catch (error) {
      return error;
    } finally {
      await storage.close();
    }
  };

  conformance('SFTP', ['credentials', 'permissions', 'server'], () => ({
    target: (name) => ({ url: url(`deep/er/${name}`), options: options() }),
    wrong: (name) => ({
      url: url(name),
      options: { ...options(join(home, 'other')), env: { FTP_PASSWORD: 'wrong-secret' } },
    }),
    readOnly: (name) => {
      freeze(join(sshd.get('ROOT'), name));
      return Promise.resolve({ url: url(name), options: options() });
    },
    server: sshd,
  }));

  it('tells paths from the root by a second slash', async () => {
    const root = sshd.get('ROOT');
    for (const [path, folder] of [
      [`/${root}/absolute`, 'absolute'],
      ['relative/', 'relative'],
    ] as const) {
      const storage = await openStorage(url(path), options());
      await storage.write('x', Buffer.from('1'), {});
      await storage.close();
      expect(await readdir(join(root, folder))).toEqual(['x']);
      expect((await stat(join(root, folder))).mode & 0o777).toBe(0o700);
    }
  });

  it('refuses a host whose key is unknown, with its fingerprint', async () => {
    const refused = await attempt(options(undefined, '-oUserKnownHostsFile=/dev/null'));
    expect(refused).not.toMatchObject({ code: 'STORAGE_DENIED' }); // the first one given holds
    const unknown = await attempt({
      env: { HOME: home },
      ssh: { options: ['-oUserKnownHostsFile=/dev/null', '-i', sshd.get('KEY_FILE')] },
    });
    expect(unknown).toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.stringMatching(/SHA256:.* is not in/) as string,
    });
  });

  it('refuses a host whose key has changed, also when unknown ones are accepted', async () => {
    const file = join(home, 'changed_hosts');
    const key = (await readFile(join(home, 'other.pub'), 'utf8')).split(' ')[1] ?? '';
    await writeFile(file, `[127.0.0.1]:${sshd.get('PORT')} ssh-ed25519 ${key}\n`);
    const changed = await attempt({
      env: { HOME: home },
      ssh: {
        options: [`-oUserKnownHostsFile=${file} -oStrictHostKeyChecking=no`, '-i', 'whatever'],
      },
    });
    expect(changed).toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.stringContaining('is not the one that is known') as string,
    });
  });

  it.each([
    ['an alias as it stands', 'nas', '-oHostKeyAlias=nas', true],
    ['no port behind an alias', '[nas]:PORT', '-oHostKeyAlias=nas', false],
    ['the host with its port', '[127.0.0.1]:PORT', '', true],
    ['the host without its port', '127.0.0.1', '', true],
    ['no host behind an alias', '127.0.0.1', '-oHostKeyAlias=nas', false],
    ['no other port', '[127.0.0.1]:1', '', false],
  ])('finds in known_hosts what ssh finds: %s', async (_, name, alias, isFound) => {
    const port = sshd.get('PORT');
    const [, ...key] = (await readFile(sshd.get('KNOWN_HOSTS'), 'utf8')).split(' ');
    const file = join(home, 'named_hosts');
    await writeFile(file, [name.replace('PORT', port), ...key].join(' '));
    const words = [`-oUserKnownHostsFile=${file}`, '-oGlobalKnownHostsFile=/dev/null', alias];
    const known = words.filter((word) => word !== '');
    const login = [
      '-F',
      '/dev/null',
      '-p',
      port,
      '-i',
      sshd.get('KEY_FILE'),
      `${sshd.get('USER')}@127.0.0.1`,
    ];
    const asked = await run('ssh', ['-oBatchMode=yes', ...known, ...login, 'true']);
    expect(asked.status, asked.stderr).toBe(isFound ? 0 : 255);
    const own = { env: { HOME: home }, ssh: { options: [...known, '-i', sshd.get('KEY_FILE')] } };
    if (isFound) expect(await attempt(own)).toBeInstanceOf(Array);
    else expect(await attempt(own)).toMatchObject({ code: 'STORAGE_DENIED' });
  });

  it('notes an unknown key where it is told to, and knows it from then on', async () => {
    const file = join(home, 'new', 'known_hosts');
    for (const strict of ['accept-new', 'yes']) {
      const listed = await attempt({
        env: { HOME: home },
        ssh: {
          options: [
            `-oUserKnownHostsFile=${file} -oStrictHostKeyChecking=${strict}`,
            `-i ${sshd.get('KEY_FILE')}`,
          ],
        },
      });
      expect(listed).toBeInstanceOf(Array);
    }
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(2);
    // OpenSSH understands what was written
    const found = execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.get('PORT')}`, '-f', file]);
    expect(found.toString()).toContain('found');
  });

  it('takes host, port, user and keys from the configuration, hashed hosts and includes too', async () => {
    const hosts = join(home, 'hashed_hosts');
    await writeFile(hosts, await readFile(sshd.get('KNOWN_HOSTS')));
    execFileSync('ssh-keygen', ['-H', '-f', hosts], { stdio: 'ignore' });
    await writeFile(
      join(home, 'part.conf'),
      `Host nas\n  HostName 127.0.0.1\n  Port ${sshd.get('PORT')}\n  User ${sshd.get('USER')}\n` +
        `  UserKnownHostsFile ${hosts}\n  IdentityFile "${sshd.get('KEY_FILE')}"\n`,
    );
    await writeFile(join(home, 'config'), `Include ${home}/part*.conf\nHost *\n  Port 1\n`);
    const more = { env: { HOME: home }, ssh: { options: ['-F', join(home, 'config')] } };
    expect(await attempt(more, 'sftp://nas/')).toBeInstanceOf(Array);
    expect(await attempt(more, 'scp://nas/')).toBeInstanceOf(Array);
  });

  it('reaches a host behind a jump host that only the file of -F knows', async () => {
    const common =
      `  HostName 127.0.0.1\n  Port ${sshd.get('PORT')}\n  User ${sshd.get('USER')}\n` +
      `  UserKnownHostsFile ${sshd.get('KNOWN_HOSTS')}\n  IdentityFile "${sshd.get('KEY_FILE')}"\n`;
    const folder = join(home, "it's 100% there");
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'jump.conf');
    await writeFile(
      config,
      ['nas', 'far', 'inner', 'behind-two'].map((name) => `Host ${name}\n${common}`).join('') +
        'Host inner\n  ProxyJump nas\nHost behind-two\n  ProxyJump nas,far\n',
    );
    const more = (text: string): StorageOptions => ({
      env: { HOME: home },
      ssh: { options: [text] },
    });
    const given = `-F "${config}"`;
    expect(await attempt(more(given), 'sftp://inner/')).toBeInstanceOf(Array);
    // between jumps ssh itself hands the name on without quotes
    const plain = join(home, 'jumps.conf');
    await copyFile(config, plain);
    expect(await attempt(more(`-F ${plain}`), 'sftp://behind-two/')).toBeInstanceOf(Array);
    expect(await attempt(more(`${given} -J nas`), 'sftp://far/')).toBeInstanceOf(Array);
    expect(await attempt(more(`${given} -oProxyJump=ssh://nas`), 'sftp://far/')).toBeInstanceOf(
      Array,
    );
    await expect(attempt(more(`-F ${home}/nowhere`), 'sftp://inner/')).rejects.toMatchObject({
      code: 'STORAGE_URL',
    });
  });

  it('logs in by an agent, by a key with a passphrase, and through a proxy command', async () => {
    const key = join(home, 'locked');
    await writeFile(key, await readFile(sshd.get('KEY_FILE')), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'key-secret', '-f', key]);
    expect(await attempt(options(key))).toMatchObject({
      code: 'STORAGE_DENIED',
      hint: expect.stringContaining('needs its passphrase') as string,
    });
    const unlocked = { ...options(key), env: { HOME: home, FTP_PASSWORD: 'key-secret' } };
    expect(await attempt(unlocked)).toBeInstanceOf(Array);
    const asking: StorageOptions = {
      ...options(key),
      ssh: { ...options(key).ssh, askPass: true },
      askPassword: () => Promise.resolve('key-secret'),
    };
    expect(await attempt(asking)).toBeInstanceOf(Array);

    const socket = join(home, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      await expect
        .poll(() =>
          stat(socket).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      execFileSync('ssh-add', ['-q', sshd.get('KEY_FILE')], { env, stdio: 'ignore' });
      const byAgent = { ...options('/none'), env: { HOME: home, SSH_AUTH_SOCK: socket } };
      expect(await attempt(byAgent)).toBeInstanceOf(Array);
    } finally {
      agent.kill();
      await once(agent, 'exit');
    }

    const proxied = options(
      undefined,
      `-oProxyCommand='bash -c "exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3"'`,
    );
    expect(await attempt(proxied)).toBeInstanceOf(Array);
  });

  it('falls back on a new connection when the old one is dead', async () => {
    const storage: Storage = await openStorage(url('again'), {
      ...options(),
      retryDelaySeconds: 0.1,
    });
    await storage.write('x', Buffer.from('1'), {});
    await sshd.stop();
    await sshd.start();
    expect(await storage.list()).toHaveLength(1);
    await storage.close();
  });
});
