import { errorText } from '../../base/index.js';
import type { Failure } from '../errors.js';
import { StorageError, systemFailure } from '../errors.js';
import { FolderStorage } from '../folder-storage.js';
import type { StorageOptions } from '../options.js';
import { defaults } from '../options.js';
import type { Storage } from '../storage.js';
import type { StorageUrl } from '../url.js';
import { compose } from '../wrappers/compose.js';
import { SftpFolder } from './sftp-folder.js';
import { sftpStatus, statusOf } from './sftp-promises.js';
import { connectSsh } from './ssh-connection.js';
import { sshSettings } from './ssh-settings.js';

/** `sftp://`, and the URLs of duplicity's other ways to the same servers. */
export async function openSftp(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  if (url.host === '') {
    throw new StorageError('STORAGE_URL', 'The SFTP URL names no host', {
      hint: 'Write sftp://user@host/folder, or sftp://user@host//folder from the root',
    });
  }
  const env = options.env ?? process.env;
  const settings = sshSettings({
    host: url.host,
    port: url.port,
    user: url.user,
    options: options.ssh?.options ?? [],
    env,
  });
  let password = url.password ?? env['FTP_PASSWORD'];
  if (password === undefined && options.ssh?.askPass === true) {
    password = await options.askPassword?.(`Password for ${settings.user}@${url.host}`);
  }
  const timeout = options.timeoutSeconds ?? defaults.timeoutSeconds;
  const root = url.path.replace(/^\//, '').replace(/(?<=.)\/+$/, '') || '.';
  const shown = `sftp://${url.user === undefined ? '' : `${url.user}@`}${url.host}${
    url.port === undefined ? '' : `:${url.port}`
  }${url.path}`;
  const folder = new SftpFolder(shown, root, () => connectSsh(settings, password, timeout));
  return compose(
    new FolderStorage(folder),
    {
      remote: true,
      utf8Names: true,
      explain: sftpFailure,
      secrets: password === undefined ? [] : [password],
    },
    options,
  );
}

function sftpFailure(error: unknown): Failure | undefined {
  const status = statusOf(error);
  if (status === undefined) return systemFailure(error) ?? undefined;
  const reason = errorText(error);
  switch (status) {
    case sftpStatus.missing:
      return { code: 'STORAGE_NOT_FOUND', transient: false, reason };
    case sftpStatus.denied:
      return { code: 'STORAGE_DENIED', transient: false, reason };
    default:
      return {
        code: 'STORAGE',
        transient: status === sftpStatus.noConnection || status === sftpStatus.lost,
        reason,
      };
  }
}
