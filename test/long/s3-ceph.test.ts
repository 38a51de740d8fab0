import { afterAll, beforeAll, describe } from 'vitest';
import type { StorageOptions } from '../../src/storage/index.js';
import { Service, servicesHere } from '../services/service.js';
import { conformance } from '../storage/conformance/index.js';

describe.runIf(servicesHere)('S3 (Ceph)', () => {
  let ceph: Service;
  beforeAll(async () => {
    ceph = await Service.start('s3-ceph');
  });
  afterAll(async () => {
    await ceph.remove();
  });
  const options = (secret = ceph.get('SECRET_KEY')): StorageOptions => ({
    env: { AWS_ACCESS_KEY_ID: ceph.get('ACCESS_KEY'), AWS_SECRET_ACCESS_KEY: secret },
    s3: { endpointUrl: ceph.get('ENDPOINT'), region: ceph.get('REGION') },
  });
  const url = (name: string): string => `s3://${ceph.get('BUCKET')}/tests/${name}`;

  conformance('S3 on Ceph', ['credentials', 'server'], () => ({
    target: (name) => ({ url: url(name), options: options() }),
    wrong: (name) => ({ url: url(name), options: options('wrong-secret') }),
    absentIsEmpty: true,
    server: ceph,
    manyFiles: 2500,
  }));
});
