import { defined } from '../../base/index.js';
import { StorageError } from '../errors.js';
import { FolderStorage } from '../folder-storage.js';
import type { StorageOptions } from '../options.js';
import { defaults } from '../options.js';
import type { Storage } from '../storage.js';
import { tlsSettings } from '../tls.js';
import type { StorageUrl } from '../url.js';
import { compose } from '../wrappers/compose.js';
import { ftpFailure } from './ftp-errors.js';
import { FtpFolder } from './ftp-folder.js';
import { FtpPool } from './ftp-pool.js';

/** Servers mind more than a few connections from one client. */
const connectionsAtOnce = 4;

/** `ftp://` in the clear, `ftps://` with TLS: implicit on port 990, else explicit. */
export async function openFtp(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  if (url.host === '') {
    throw new StorageError('STORAGE_URL', 'The FTP URL names no host', {
      hint: 'Write ftps://user@host/folder, or ftps://user@host//folder from the root',
    });
  }
  const env = options.env ?? process.env;
  const password = url.password ?? env['FTP_PASSWORD'];
  const timeout = options.timeoutSeconds ?? defaults.timeoutSeconds;
  const secure = url.scheme === 'ftps' && (url.port === 990 ? ('implicit' as const) : true);
  const pool = new FtpPool(
    defined({
      host: url.host,
      secure,
      secureOptions: defined({ ...(await tlsSettings(options.tls)), host: url.host }),
      port: url.port,
      user: url.user,
      password: url.user === undefined ? undefined : (password ?? ''),
    }),
    timeout,
  );
  const user = url.user === undefined ? '' : `${url.user}@`;
  const port = url.port === undefined ? '' : `:${url.port}`;
  const path = url.path.replace(/^\//, '').replace(/(?<=.)\/+$/, '');
  return compose(
    new FolderStorage(
      new FtpFolder(`${url.scheme}://${user}${url.host}${port}${url.path}`, path, pool),
    ),
    {
      remote: true,
      utf8Names: true,
      maxConcurrency: connectionsAtOnce,
      explain: ftpFailure,
      secrets: password === undefined ? [] : [password],
    },
    options,
  );
}
