import { describe, expect, it } from 'vitest';
import { isStorageUrl, localPath, openStorage, publicUrl } from '../../src/storage/index.js';
import { parseStorageUrl } from '../../src/storage/url.js';

describe('storage URLs', () => {
  it('are taken apart', () => {
    expect(parseStorageUrl('sftp://u%40x:p%2F%3Aw@host:2222//abs/p%20q?a=b')).toMatchObject({
      scheme: 'sftp',
      user: 'u@x',
      password: 'p/:w',
      host: 'host',
      port: 2222,
      path: '//abs/p q',
    });
    expect(parseStorageUrl('rsync://host::module/path')).toMatchObject({
      host: 'host',
      path: '/path',
    });
    expect(parseStorageUrl('SFTP://[::1]:22/x')).toMatchObject({ scheme: 'sftp', host: '::1' });
    expect(parseStorageUrl('boto3+s3://bucket').path).toBe('');
    expect(parseStorageUrl('multi:///c.json?mode=mirror').query.get('mode')).toBe('mirror');
    expect(() => parseStorageUrl('ftp://u:pw@h:99999/')).toThrow('"ftp://u@h:99999/"');
  });

  it('name local folders as duplicity does', () => {
    expect(localPath('file:///a/b', '/cwd')).toBe('/a/b');
    expect(localPath('file://rel/path', '/cwd')).toBe('/cwd/rel/path');
    expect(localPath('file:///a%20b/50%', '/cwd')).toBe('/a b/50%');
    expect(localPath('a%20b', '/cwd')).toBe('/cwd/a%20b');
    expect(() => localPath('file://', '/cwd')).toThrow('names no folder');
  });

  it('are told from paths', () => {
    expect(isStorageUrl('b2://x')).toBe(true);
    expect(isStorageUrl('/path/a://b')).toBe(false);
    expect(isStorageUrl('host:path')).toBe(false);
  });

  it('are shown without their password', () => {
    expect(publicUrl('ftp://user:pass:word@host/path@x')).toBe('ftp://user@host/path@x');
    expect(publicUrl('s3://bucket/a:b@c')).toBe('s3://bucket/a:b@c');
    expect(publicUrl('/plain:path@x')).toBe('/plain:path@x');
  });

  it('of a kind that nobody knows are refused', async () => {
    await expect(openStorage('gopher://u:pw@host/', {})).rejects.toMatchObject({
      code: 'STORAGE_URL',
      message: expect.not.stringContaining('pw') as string,
    });
  });
});
