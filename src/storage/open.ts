import { StorageError } from './errors.js';
import { LocalStorage } from './local/local-storage.js';
import type { StorageOptions } from './options.js';
import type { Storage } from './storage.js';
import { localPath, parseStorageUrl } from './url.js';
import { CheckedStorage } from './wrappers/checked.js';

/**
 * The storage that a URL (or a plain path) names. Nothing is made by opening it: an absent folder is
 * noticed by `list` and made by the first `write`. Errors: STORAGE_URL.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- others connect here
export async function openStorage(url: string, _options: StorageOptions = {}): Promise<Storage> {
  const { scheme } = parseStorageUrl(url);
  if (scheme !== 'file') {
    throw new StorageError('STORAGE_URL', `No storage understands "${scheme}://"`, {
      hint: 'Use file:///path or a plain path',
    });
  }
  const root = localPath(url, process.cwd());
  return new CheckedStorage(new LocalStorage(`file://${root}`, root));
}
