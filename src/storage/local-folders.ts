/** Which folders of this machine a URL names, for those who must keep away from them or may look around in them. */
import { multiConfig } from './multi/multi-config.js';
import {
  decodePercent,
  isLocalUrl,
  localPath,
  parseStorageUrl,
  schemeOf,
  withoutPar2,
} from './url.js';

/**
 * The folder of a local URL or path, those of a `multi:` URL, and that of rclone's `:local:`; none for storages elsewhere.
 *
 * @throws StorageError STORAGE_URL when the configuration of a `multi:` URL cannot be read
 */
export async function localFolders(
  fullUrl: string,
  cwd: string = process.cwd(),
): Promise<string[]> {
  const url = withoutPar2(fullUrl);
  if (isLocalUrl(url)) return [localPath(url, cwd)];
  const scheme = schemeOf(url);
  if (scheme === 'rclone') {
    const [, path] =
      /^:local(?:,[^:]*)?:(.+)$/s.exec(decodePercent(parseStorageUrl(url).rest)) ?? [];
    return path === undefined ? [] : [localPath(path, cwd)];
  }
  if (scheme !== 'multi') return [];
  const { stores } = await multiConfig(parseStorageUrl(url));
  const within = stores.filter((store) => schemeOf(store.url) !== 'multi');
  const folders = await Promise.all(within.map((store) => localFolders(store.url, cwd)));
  return folders.flat();
}
