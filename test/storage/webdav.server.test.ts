import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StorageOptions } from '../../src/storage/index.js';
import { openStorage } from '../../src/storage/index.js';
import type { ServiceName } from '../services/service.js';
import { Service, servicesHere } from '../services/service.js';
import { collect } from './bytes.js';
import { conformance } from './conformance/index.js';

const servers: readonly (readonly [string, ServiceName])[] = [
  ['lighttpd', 'webdav'],
  ['Apache', 'apache'],
  ['nginx', 'nginx'],
];

describe.runIf(servicesHere).each(servers)('WebDAV (%s)', (serverName, service) => {
  let server: Service;
  beforeAll(async () => {
    server = await Service.start(service);
  });
  afterAll(async () => {
    await server.remove();
  });
  const url = (name: string): string => {
    const { host, pathname } = new URL(server.get('URL'));
    return `webdav://${server.get('USERNAME')}@${host}${pathname}tests/${name}`;
  };
  const options = (): StorageOptions => ({ env: { FTP_PASSWORD: server.get('PASSWORD') } });

  conformance(`WebDAV of ${serverName}`, ['credentials', 'permissions', 'server'], () => ({
    target: (name) => ({ url: url(name), options: options() }),
    wrong: (name) => ({ url: url(name), options: { env: { FTP_PASSWORD: 'wrong-secret' } } }),
    readOnly: async () => {
      // not by permissions of files: lighttpd says 500 to those
      const folder = join(server.folder, 'data/dav/readonly');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'there'), 'here');
      return { url: url('x').replace('tests/x', 'readonly'), options: options() };
    },
    server,
  }));

  it('takes the password from the URL, and shows it in no message', async () => {
    const withPassword = url('in-url').replace('@', `:${server.get('PASSWORD')}@`);
    const storage = await openStorage(withPassword, { env: {} });
    await expect(storage.list()).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
      message: expect.not.stringContaining(server.get('PASSWORD')) as string,
    });
    expect(storage.url).not.toContain(server.get('PASSWORD'));
    await storage.close();
  });
});

describe('WebDAV', () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.close();
    if (server) await once(server, 'close');
    server = undefined;
  });
  const serve = async (
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    made: Server = createServer({ keepAlive: false }, answer),
  ): Promise<string> => {
    server = made.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  };

  it('leaves bytes as they are when the server labels them as compressed', async () => {
    const bytes = gzipSync('hello');
    const at = await serve((_request, response) => {
      response.setHeader('content-encoding', 'x-gzip');
      response.setHeader('connection', 'close');
      response.end(bytes);
    });
    const storage = await openStorage(`webdav://${at}`, {});
    expect((await collect(storage.read('a.gz', undefined))).equals(bytes)).toBe(true);
    await storage.close();
  });

  it('serves ranges from a server that knows none', async () => {
    const at = await serve((_request, response) => {
      response.setHeader('connection', 'close');
      response.end('0123456789');
    });
    const storage = await openStorage(`webdav://${at}`, { numRetries: 1 });
    const read = async (offset: number, length?: number): Promise<string> =>
      String(
        await collect(storage.read('a', length === undefined ? { offset } : { offset, length })),
      );
    expect(await read(2, 3)).toBe('234');
    expect(await read(7)).toBe('789');
    await expect(read(7, 4)).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(read(11)).rejects.toMatchObject({ code: 'STORAGE' });
    await storage.close();
  });

  it('waits for each server as long as its own timeout says', async () => {
    const at = await serve((_request, response) => {
      response.setHeader('connection', 'close');
      setTimeout(() => response.end('late'), 1200);
    });
    const patient = await openStorage(`webdav://${at}`, { numRetries: 1, timeoutSeconds: 20 });
    const hasty = await openStorage(`webdav://${at}`, { numRetries: 1, timeoutSeconds: 0.3 });
    const [late, given] = await Promise.allSettled([
      collect(patient.read('a', undefined)),
      collect(hasty.read('a', undefined)),
    ]);
    expect([late.status, given.status]).toEqual(['fulfilled', 'rejected']);
    await Promise.all([patient.close(), hasty.close()]);
  });

  it('logs in by Digest, and never takes a refusal for a success', async () => {
    let accepted = true;
    const asked: string[] = [];
    const at = await serve((request, response) => {
      const header = request.headers.authorization ?? '';
      asked.push(`${request.method ?? ''} ${header.split(' ')[0] ?? ''}`);
      request.resume();
      response.setHeader('connection', 'close');
      if (accepted && header.startsWith('Digest ')) {
        expect(header).toContain('username="me"');
        response.end('content');
        return;
      }
      response.statusCode = 401;
      response.setHeader('www-authenticate', 'Digest realm="r", qop="auth", nonce="n", opaque="o"');
      response.end('no');
    });
    const storage = await openStorage(`webdav://me:secret@${at}`, { numRetries: 1 });
    expect(String(await collect(storage.read('a', undefined)))).toBe('content');
    expect(asked.at(-1)).toBe('GET Digest');
    accepted = false;
    await expect(collect(storage.read('a', undefined))).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
    });
    await expect(storage.remove(['a'])).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
    await storage.close();
  });

  it('over TLS trusts the certificates that it is given, and no others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'duplifs-tls-'));
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, '-keyout', key, '-out', cert],
        { stdio: 'ignore' },
      );
      const answer = (_request: IncomingMessage, response: ServerResponse): void => {
        response.setHeader('connection', 'close');
        response.end(_request.headers['x-token']);
      };
      const pair = { key: readFileSync(key), cert: readFileSync(cert) };
      const at = await serve(answer, createHttpsServer(pair, answer));
      const read = async (options: StorageOptions): Promise<string> => {
        const storage = await openStorage(`webdavs://${at}`, { numRetries: 1, ...options });
        try {
          return String(await collect(storage.read('a', undefined)));
        } finally {
          await storage.close();
        }
      };
      const webdav = { headers: { 'X-Token': 'a-token' } };
      await expect(read({ webdav })).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
      expect(await read({ webdav, tls: { caFile: cert } })).toBe('a-token');
      expect(await read({ webdav, tls: { caPath: folder } })).toBe('a-token');
      expect(await read({ webdav, tls: { insecure: true } })).toBe('a-token');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
