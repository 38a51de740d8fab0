/** All that rclone knows: Google Drive, OneDrive, Dropbox, Backblaze B2, Azure and sixty more. */
import { StorageError } from '../errors.js';
import { FolderStorage } from '../folder-storage.js';
import type { StorageOptions } from '../options.js';
import { defaults } from '../options.js';
import type { Storage } from '../storage.js';
import type { StorageUrl } from '../url.js';
import { decodePercent } from '../url.js';
import { compose } from '../wrappers/compose.js';
import { rcloneFailure } from './rclone-errors.js';
import { RcloneFolder } from './rclone-folder.js';
import { startRclone } from './rclone-server.js';

/** `rclone://remote:path` */
export function openRclone(url: StorageUrl, options: StorageOptions): Storage {
  const text = decodePercent(url.rest);
  // a remote made up on the spot begins with a colon and may hold more: ":sftp,host=x:path"
  const [, remote, path = ''] = /^(:?[^:]+:)(.*)$/s.exec(text) ?? [];
  if (remote === undefined) {
    throw new StorageError('STORAGE_URL', 'The rclone URL names no remote', {
      hint: 'Write rclone://remote:path, with a remote that "rclone listremotes" shows',
    });
  }
  const env = options.env ?? process.env;
  const timeout = options.timeoutSeconds ?? defaults.timeoutSeconds;
  const target = {
    url: `rclone://${remote.replace(/,.*/s, ':')}${path}`, // parameters may be credentials
    remote,
    path: path.replaceAll(/^\/+|\/+$/g, ''),
  };
  return compose(
    new FolderStorage(new RcloneFolder(target, () => startRclone(env, timeout), timeout)),
    { remote: true, utf8Names: true, explain: rcloneFailure },
    options,
  );
}
