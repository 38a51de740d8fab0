/** Habits of servers in the field, as public reports tell them; lighttpd, Apache and nginx are tried as they are. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Storage } from '../../src/storage/index.js';
import { openStorage } from '../../src/storage/index.js';
import { collect } from './bytes.js';
import type { Habits } from './habits-server.js';
import { HabitsServer } from './habits-server.js';

describe('WebDAV', () => {
  const servers: HabitsServer[] = [];
  const storages: Storage[] = [];
  afterEach(async () => {
    await Promise.all(storages.splice(0).map((storage) => storage.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  const start = async (habits: Habits): Promise<HabitsServer> => {
    const server = await HabitsServer.start(habits);
    servers.push(server);
    return server;
  };
  const open = async (server: HabitsServer, path: string): Promise<Storage> => {
    const url = `webdav://me:secret@${server.host}${path}`;
    const storage = await openStorage(url, { numRetries: 3, retryDelaySeconds: 0.01 });
    storages.push(storage);
    return storage;
  };
  const bytes = Buffer.from('content');

  it('finds what lies behind a redirect to the same server, and writes there', async () => {
    const files = '/remote.php/dav/files/me/';
    const server = await start({
      root: files,
      moved: (path) => {
        if (!path.startsWith('/remote.php/webdav/')) return undefined;
        return path.replace('/remote.php/webdav/', files);
      },
    });
    const storage = await open(server, '/remote.php/webdav/backup');
    await storage.write('a & b', bytes, {});
    expect([...server.files.keys()]).toEqual([`${files}backup/a%20%26%20b`]);
    expect(await storage.list()).toMatchObject([{ name: 'a & b', size: bytes.length }]);
    expect(await collect(storage.read('a & b', undefined))).toEqual(bytes);
    const sinceFound = server.asked.slice(server.asked.findIndex((line) => line.startsWith('PUT')));
    expect(sinceFound.filter((line) => line.includes('/webdav/'))).toEqual([]);
  });

  it('asks for collections with a slash at the end of their names', async () => {
    const server = await start({
      root: '/dav/',
      moved: (path) => (/\/[a-z]+$/.test(path) ? `${path}/` : undefined),
    });
    const storage = await open(server, '/dav/sub/b');
    await storage.write('A1', bytes, {});
    expect(await storage.list()).toHaveLength(1);
    expect(server.asked.filter((line) => /^(PROPFIND|MKCOL) .*[^/]$/.test(line))).toEqual([]);
  });

  it.each([
    ['another server', (other: string) => `http://${other}/dav/b/`],
    ['a page to log in', () => '/login?to=/dav/b/'],
  ])('does not follow a redirect to %s, and says where it leads', async (_to, to) => {
    const other = await start({ root: '/dav/b/' });
    const server = await start({ root: '/', moved: () => to(other.host) });
    const storage = await open(server, '/dav/b');
    const failure = expect.objectContaining({ code: 'STORAGE' }) as unknown;
    await expect(storage.list()).rejects.toEqual(failure);
    await expect(storage.list()).rejects.toThrow(/moved to/);
    await expect(collect(storage.read('f', undefined))).rejects.toThrow(/moved to/);
    expect(other.asked).toEqual([]);
  });

  it.each([400, 403, 502])(
    'renames behind a proxy that answers %i to a Destination with another scheme',
    async (status) => {
      const server = await start({ root: '/dav/', foreignDestination: status });
      const storage = await open(server, '/dav/b');
      await storage.write('f', bytes, {});
      await storage.write('g', bytes, {});
      expect([...server.files.keys()].sort()).toEqual(['/dav/b/f', '/dav/b/g']);
      // learned once
      expect(server.asked.filter((line) => line.startsWith('MOVE'))).toHaveLength(3);
    },
  );

  it('learns the length of a file by PROPFIND where HEAD does not tell', async () => {
    const server = await start({ root: '/dav/', headWithoutLength: true });
    const storage = await open(server, '/dav/b');
    await storage.write('f', bytes, {});
    expect(await storage.stat('f')).toMatchObject({ name: 'f', size: bytes.length });
    expect(await storage.stat('g')).toBeUndefined();
  });

  it('tries again what is locked for a moment', async () => {
    const server = await start({ root: '/dav/b/', locked: 2 });
    const storage = await open(server, '/dav/b');
    await storage.write('f', bytes, {});
    expect(server.files.get('/dav/b/f')).toEqual(bytes);
  });

  it('says that an address is no WebDAV folder where PROPFIND is answered by a page or not known', async () => {
    const pages = createServer((request, response) => {
      response.writeHead(request.url === '/none/' ? 405 : 200).end('<html>hello</html>');
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    try {
      const address = pages.address() as AddressInfo;
      for (const path of ['/page', '/none']) {
        const storage = await openStorage(`webdav://127.0.0.1:${address.port}${path}`, {});
        storages.push(storage);
        await expect(storage.list()).rejects.toMatchObject({
          code: 'STORAGE',
          hint: expect.stringMatching(/address/) as string,
        });
      }
    } finally {
      pages.closeAllConnections();
      pages.close();
    }
  });
});
