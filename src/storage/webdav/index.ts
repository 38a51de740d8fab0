import { StorageError } from '../errors.js';
import { FolderStorage } from '../folder-storage.js';
import type { StorageOptions } from '../options.js';
import { defaults } from '../options.js';
import type { Storage } from '../storage.js';
import { tlsSettings } from '../tls.js';
import type { StorageUrl } from '../url.js';
import { compose } from '../wrappers/compose.js';
import { webdavFailure } from './webdav-errors.js';
import { WebdavFolder } from './webdav-folder.js';

/** `webdav://` over HTTP and `webdavs://` over HTTPS. */
export async function openWebdav(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  if (url.host === '') {
    throw new StorageError('STORAGE_URL', 'The WebDAV URL names no host', {
      hint: 'Write webdavs://user@host/folder',
    });
  }
  const env = options.env ?? process.env;
  const password = url.password ?? env['FTP_PASSWORD'];
  const path = url.path.split('/').filter((part) => part !== '');
  const host = url.host.includes(':') ? `[${url.host}]` : url.host;
  const authority = `${host}${url.port === undefined ? '' : `:${url.port}`}`;
  const tail = path.map((part) => `/${encodeURIComponent(part)}`).join('');
  const folder = new WebdavFolder({
    url: `${url.scheme}://${authority}/${path.join('/')}`,
    address: `${url.scheme === 'webdavs' ? 'https' : 'http'}://${authority}${tail}/`,
    username: url.user,
    password: password === undefined || url.user === undefined ? undefined : password,
    headers: options.webdav?.headers ?? {},
    tls: await tlsSettings(options.tls),
    timeoutSeconds: options.timeoutSeconds ?? defaults.timeoutSeconds,
  });
  const secrets = [password, ...Object.values(options.webdav?.headers ?? {})];
  return compose(
    new FolderStorage(folder),
    {
      remote: true,
      utf8Names: true,
      explain: webdavFailure,
      secrets: secrets.filter((secret) => secret !== undefined),
    },
    options,
  );
}
