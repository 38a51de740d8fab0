import { rm, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageOptions } from '../../src/storage/index.js';
import { openStorage } from '../../src/storage/index.js';
import { Service, servicesHere } from '../services/service.js';
import { collect, someBytes } from './bytes.js';
import { conformance } from './conformance/index.js';
import { deafLine } from './deaf-line.js';
import { callInProcess } from './faults/table.js';
import { freeze, thaw } from './immutable.js';

describe.runIf(servicesHere)('FTP (pyftpdlib)', () => {
  let ftp: Service;
  beforeAll(async () => {
    ftp = await Service.start('ftp');
  });
  afterAll(async () => {
    thaw();
    await ftp.remove();
  });
  const url = (name: string, scheme = 'ftp'): string =>
    `${scheme}://${ftp.get('USERNAME')}@127.0.0.1:${ftp.get('PORT')}/${name}`;
  const options = (): StorageOptions => ({
    env: { FTP_PASSWORD: ftp.get('PASSWORD') },
    tls: { caFile: ftp.get('CA_FILE') },
  });

  conformance('FTP', ['credentials', 'permissions', 'server'], () => ({
    target: (name) => ({ url: url(`deep/er/${name}`), options: options() }),
    wrong: (name) => ({ url: url(name), options: { env: { FTP_PASSWORD: 'wrong-secret' } } }),
    readOnly: (name) => {
      freeze(join(ftp.get('ROOT'), name));
      return Promise.resolve({ url: url(name), options: options() });
    },
    server: ftp,
    manyFiles: 500,
  }));

  it('goes over TLS, and trusts the certificate that it was given only', async () => {
    const storage = await openStorage(url('tls', 'ftps'), options());
    const bytes = someBytes(3_000_000);
    await storage.write('x', bytes, {});
    expect((await collect(storage.read('x', undefined))).equals(bytes)).toBe(true);
    const part = await collect(storage.read('x', { offset: 1_000_000, length: 1000 }));
    expect(part.equals(bytes.subarray(1_000_000, 1_001_000))).toBe(true);
    expect(await storage.list()).toHaveLength(1);
    await storage.close();
    const { env } = options();
    const distrusting = await openStorage(url('tls', 'ftps'), { env: env ?? {} });
    await expect(distrusting.list()).rejects.toMatchObject({ code: 'STORAGE_DENIED' });
    await distrusting.close();
  });

  it('tells paths from the root by a second slash', async () => {
    const storage = await openStorage(url('/absolute/x'), options());
    await storage.write('file', Buffer.from('1'), {});
    await storage.close();
    expect(await readdir(join(ftp.get('ROOT'), 'absolute/x'))).toEqual(['file']);
    await rm(join(ftp.get('ROOT'), 'absolute'), { recursive: true });
  });

  it('reads parts of a large file over and over without a new login for each', async () => {
    const storage = await openStorage(url('parts'), { ...options(), concurrency: 1 });
    const bytes = someBytes(8_000_000);
    await storage.write('file', bytes, {});
    const started = performance.now();
    for (let i = 0; i < 20; i += 1) {
      const range = { offset: i * 300_000 + 1, length: 5000 };
      const got = await collect(storage.read('file', range));
      expect(got.equals(bytes.subarray(range.offset, range.offset + 5000))).toBe(true);
    }
    expect((performance.now() - started) / 20).toBeLessThan(250);
    await storage.close();
  });

  it.each(['list', 'read', 'close'] as const)(
    'ends at once though the server never answers QUIT: %s',
    async (call) => {
      const storage = await openStorage(url('deaf'), options());
      await storage.write('there', someBytes(4_000_000), {});
      await storage.close();
      const line = await deafLine(Number(ftp.get('PORT')));
      try {
        const through = url('deaf').replace(`:${ftp.get('PORT')}/`, `:${line.port}/`);
        // who waited for the answer would be killed before that
        const patient = { ...options(), timeoutSeconds: 300 };
        const ended = await callInProcess(through, patient, call, () => undefined);
        expect(ended).toMatchObject({ code: 'none' });
        expect(line.quits()).toBeGreaterThan(0);
      } finally {
        line.stop();
      }
    },
  );
});

describe.runIf(servicesHere)('FTP behind NAT, without EPSV, SIZE and MLSD', () => {
  let ftp: Service;
  beforeAll(async () => {
    ftp = await Service.start('ftp-nat');
  });
  afterAll(async () => {
    await ftp.remove();
  });

  conformance('FTP behind NAT', ['credentials', 'server'], () => ({
    target: (name) => ({
      url: `ftp://${ftp.get('USERNAME')}@127.0.0.1:${ftp.get('PORT')}/deep/er/${name}`,
      options: { env: { FTP_PASSWORD: ftp.get('PASSWORD') } },
    }),
    wrong: (name) => ({
      url: `ftp://${ftp.get('USERNAME')}@127.0.0.1:${ftp.get('PORT')}/${name}`,
      options: { env: { FTP_PASSWORD: 'wrong-secret' } },
    }),
    server: ftp,
    manyFiles: 100,
    withoutTimes: true,
  }));
});
