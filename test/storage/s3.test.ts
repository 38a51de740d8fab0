import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.js';
import type { S3Options } from '../../src/storage/options.js';
import { s3Target } from '../../src/storage/s3/s3-target.js';
import { parseStorageUrl } from '../../src/storage/url.js';

const target = (url: string, options: S3Options = {}): unknown =>
  s3Target(parseStorageUrl(url), options);

describe('S3 URLs', () => {
  it('name a bucket and a folder in it, in each form that duplicity has', () => {
    const expected = { bucket: 'b.c', prefix: 'x/y/', url: 's3://b.c/x/y/' };
    expect(target('s3://b.c/x/y')).toEqual(expected);
    expect(target('boto3+s3://b.c//x/y/')).toEqual(expected);
    expect(target('s3+http://b.c/x/y')).toEqual(expected);
    expect(target('s3://key:secret@b.c/x/y')).toEqual(expected);
    expect(target('s3://b')).toMatchObject({ bucket: 'b', prefix: '' });
    expect(() => target('s3:///x')).toThrow('no bucket');
  });

  it('of the old form name a server, which Amazon or a port gives away', () => {
    expect(target('s3://localhost:9000/b/x')).toEqual({
      bucket: 'b',
      prefix: 'x/',
      url: 's3://b/x/',
      endpoint: 'https://localhost:9000',
    });
    expect(target('s3://localhost:9000/b', { unencrypted: true })).toMatchObject({
      endpoint: 'http://localhost:9000',
    });
    expect(target('s3://s3.eu-west-1.amazonaws.com/b/x')).toMatchObject({
      bucket: 'b',
      region: 'eu-west-1',
    });
    expect(target('s3://s3.amazonaws.com/b')).not.toHaveProperty('region');
    expect(target('s3://b', { endpointUrl: 'http://h:1' })).toMatchObject({
      endpoint: 'http://h:1',
    });
  });
});

describe('S3 listings', () => {
  it('mark what lies in an archive tier, unless it was restored', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      const attributes = request.headers['x-amz-optional-object-attributes'];
      asked.push(attributes === undefined ? undefined : String(attributes));
      const restored =
        attributes === undefined
          ? ''
          : `<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>
             <RestoreExpiryDate>2030-01-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>`;
      response.setHeader('content-type', 'application/xml');
      response.end(`<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>
        <Contents><Key>p/cold</Key><Size>1</Size><StorageClass>DEEP_ARCHIVE</StorageClass></Contents>
        <Contents><Key>p/thawed</Key><Size>2</Size><StorageClass>GLACIER</StorageClass>${restored}</Contents>
        <Contents><Key>p/instant</Key><Size>3</Size><StorageClass>GLACIER_IR</StorageClass></Contents>
        <Contents><Key>p/</Key><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>
        </ListBucketResult>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const storage = await openStorage('s3://b/p', {
      env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' },
      s3: { endpointUrl: `http://127.0.0.1:${port}` },
    });
    try {
      expect(await storage.list()).toEqual([
        { name: 'cold', size: 1, archived: true },
        { name: 'thawed', size: 2 },
        { name: 'instant', size: 3 },
      ]);
      expect(asked).toEqual([undefined, 'RestoreStatus']);
    } finally {
      await storage.close();
      server.close();
      server.closeAllConnections();
    }
  });
});
