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
    expect(parseStorageUrl('rclone://remote:path').rest).toBe('remote:path');
    expect(parseStorageUrl('file://a:b/c').rest).toBe('a:b/c');
    expect(parseStorageUrl('sftp://host:/x')).toMatchObject({ host: 'host', path: '/x' });
    expect(parseStorageUrl('rsync://host:873::module/x').port).toBe(873);
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
    expect(publicUrl('ftp://user:pass/word@host/path')).toBe('ftp://user@host/path');
    expect(publicUrl('sftp://host:22/path:a@x')).toBe('sftp://host:22/path:a@x');
    expect(publicUrl('rsync://host::module/a@x')).toBe('rsync://host::module/a@x');
    expect(publicUrl('rclone://:ftp,host=h,pass=p@w:path')).toBe('rclone://:ftp:');
    expect(publicUrl('rclone://remote:a@x')).toBe('rclone://remote:a@x');
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

describe('a port that is none', () => {
  it.each(['sftp', 'ssh', 'ftp', 'ftps', 'webdav', 'webdavs', 's3', 'rsync'])(
    'in a URL of %s is refused, with a sentence that shows no password',
    async (scheme) => {
      for (const port of ['22x', '2222.5', '-1', '0', '65536', 'abc', '22:33', ' 22', '0x16']) {
        const error = await failureOf(openStorage(`${scheme}://user:secret@host:${port}/folder`));
        expect([port, error]).toEqual([port, expect.objectContaining({ code: 'STORAGE_URL' })]);
        expect(String(error)).toMatch(/The port of ".*host.*" is not a number from 1 to 65535/);
        expect(String(error)).not.toContain('secret');
      }
    },
  );

  it('is not what is told of a password with a slash in it', () => {
    expect(() => parseStorageUrl('sftp://user:pass/word@host/')).toThrow('"sftp://user"');
  });

  it('in the options for ssh is refused as well', async () => {
    const options = { ssh: { options: ['-p 22x'] } };
    await expect(openStorage('sftp://host/x', options)).rejects.toThrow('The port "22x" is not');
  });
});

async function failureOf(opening: Promise<unknown>): Promise<unknown> {
  return opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}
