import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Storage, StorageOptions } from '../../src/storage/index.js';
import { Replayable } from '../../src/storage/body.js';
import { openStorage, StorageStatistics } from '../../src/storage/index.js';
import { Service, servicesHere } from '../services/service.js';
import { collect, repeated, someBytes } from './bytes.js';
import { conformance } from './conformance/index.js';
import { S3Proxy } from './s3-proxy.js';

describe.runIf(servicesHere)('S3 (Swift)', () => {
  let swift: Service;
  beforeAll(async () => {
    swift = await Service.start('s3-swift');
  });
  afterAll(async () => {
    await swift.remove();
  });

  const options = (secret = swift.get('SECRET_KEY')): StorageOptions => ({
    env: { AWS_ACCESS_KEY_ID: swift.get('ACCESS_KEY'), AWS_SECRET_ACCESS_KEY: secret },
    s3: { endpointUrl: swift.get('ENDPOINT'), region: swift.get('REGION') },
  });
  const url = (name: string): string => `s3://${swift.get('BUCKET')}/tests/${name}`;

  conformance('S3', ['credentials', 'server'], () => ({
    target: (name) => ({ url: url(name), options: options() }),
    wrong: (name) => ({ url: url(name), options: options('wrong-secret') }),
    absentIsEmpty: true,
    server: swift,
    manyFiles: 1010,
  }));

  describe('S3 in particular', () => {
    let proxy: S3Proxy;
    let endpointUrl: string;
    let storage: Storage | undefined;
    beforeEach(async () => {
      proxy = new S3Proxy(swift.get('ENDPOINT'));
      endpointUrl = await proxy.start();
    });
    afterEach(async () => {
      await storage?.close();
      await proxy.stop();
    });
    const open = async (name: string, more: StorageOptions = {}): Promise<Storage> => {
      const { s3, ...rest } = options();
      storage = await openStorage(url(name), {
        ...rest,
        retryDelaySeconds: 0.05,
        ...more,
        s3: { ...s3, endpointUrl, ...more.s3 },
      });
      return storage;
    };

    it('needs exactly the permissions that its documentation lists', async () => {
      const target = await open('permissions');
      const large = new Replayable(() => repeated(someBytes(1_000_000), 20));
      await target.write('small', Buffer.from('x'), {});
      await target.write('large', large, { size: 20_000_000 });
      await target.remove(['small']);
      const failing = target.write('large', large, { size: 20_000_001 });
      await expect(failing).rejects.toThrow('20000000');
      const written = new Set(proxy.actions.splice(0));
      await target.list();
      await target.stat('large');
      await target.stat('absent');
      await collect(target.read('large', { offset: 5, length: 10 }));
      const readOnly = new Set(proxy.actions);

      const page = await readFile(new URL('../../docs/storage/s3.md', import.meta.url), 'utf8');
      const [forBackup, forReading] = [...page.matchAll(/```json\n(.*?)```/gs)].map(
        ([, json = '']) => actionsOf(JSON.parse(json)),
      );
      expect([...readOnly].sort()).toEqual(forReading);
      expect([...new Set([...written, ...readOnly])].sort()).toEqual(forBackup);
    });

    it('goes on in the middle of an object when the connection breaks', async () => {
      const target = await open('cut');
      const bytes = someBytes(3_000_000);
      await target.write('file', bytes, {});
      proxy.cuts.push(1_000_000, 500_000);
      proxy.actions.length = 0;
      const got = await collect(target.read('file', { offset: 10, length: 2_999_980 }));
      expect(got.equals(bytes.subarray(10, 2_999_990))).toBe(true);
      expect(proxy.actions).toEqual(['s3:GetObject', 's3:GetObject', 's3:GetObject']);
    });

    it('makes one request for each small read, write and look', async () => {
      const target = await open('requests');
      await target.write('file', someBytes(1000), {});
      await target.stat('file');
      await collect(target.read('file', { offset: 1, length: 2 }));
      await target.list();
      expect(proxy.actions).toHaveLength(4);
    });

    it('tries again what the server says may pass, and a part that failed fails at once', async () => {
      const statistics = new StorageStatistics();
      const target = await open('again', { statistics });
      proxy.faults.push({ method: 'PUT', status: 503, code: 'SlowDown' });
      await target.write('small', Buffer.from('x'), {});
      expect(statistics.retries).toBe(1);
      proxy.faults.push({ method: 'PUT', status: 500, code: 'InternalError' });
      proxy.actions.length = 0;
      const once = repeated(someBytes(1_000_000), 100);
      await expect(target.write('large', once, {})).rejects.toMatchObject({ code: 'STORAGE' });
      expect(proxy.actions.length).toBeLessThan(8);
      expect(proxy.actions.at(-1)).toBe('s3:AbortMultipartUpload');
    });

    it('says what a refusal means', async () => {
      const target = await open('codes', { numRetries: 1 });
      const cases = [
        [403, 'InvalidObjectState', 'STORAGE', 'restore-object'],
        [403, 'AccessDenied', 'STORAGE_DENIED', 'credentials'],
        [404, 'NoSuchBucket', 'STORAGE_NOT_FOUND', 'Make the bucket'],
        [403, 'RequestTimeTooSkewed', 'STORAGE', 'clock'],
      ] as const;
      for (const [status, code, expected, hint] of cases) {
        proxy.faults.push({ method: 'GET', status, code });
        await expect(collect(target.read('x', undefined))).rejects.toMatchObject({
          code: expected,
          hint: expect.stringContaining(hint) as string,
        });
      }
    });

    it('puts volumes into the archive tier that was asked for, and nothing else', async () => {
      const target = await open('classes', {
        s3: { storageClass: 'GLACIER', encryption: 'AES256' },
      });
      const classes: Record<string, unknown> = {};
      for (const name of [
        'duplicity-full.20260101T000000Z.vol1.difftar.gpg',
        'df.s44we8.1.dt.g',
        'duplicity-full.20260101T000000Z.manifest.gpg',
        'duplicity-full-signatures.20260101T000000Z.sigtar.gpg',
        'duplifs-index.20260101T000000Z.gpg',
      ]) {
        proxy.headers.length = 0;
        proxy.faults.push({ method: 'PUT', status: 403, code: 'AccessDenied' });
        await target.write(name, Buffer.from('x'), {}).catch(() => undefined);
        classes[name] = proxy.headers[0]?.['x-amz-storage-class'];
        expect(proxy.headers[0]?.['x-amz-server-side-encryption']).toBe('AES256');
      }
      expect(Object.values(classes)).toEqual(['GLACIER', 'GLACIER', ...Array<unknown>(3)]);
    });
  });
});

function actionsOf(policy: unknown): string[] {
  const { Statement } = policy as { Statement: { Action: string[] }[] };
  return Statement.flatMap(({ Action }) => Action).sort();
}
