import { StorageError } from './errors.js';
import { gioSchemes, rcloneTypes } from './foreign-schemes.js';
import { FolderStorage } from './folder-storage.js';
import { LocalFolder } from './local/local-folder.js';
import type { StorageOptions } from './options.js';
import type { Storage } from './storage.js';
import type { StorageUrl } from './url.js';
import { localPath, parseStorageUrl, schemeOf, withoutPar2 } from './url.js';
import { compose } from './wrappers/compose.js';

type Opener = (url: StorageUrl, options: StorageOptions, text: string) => Promise<Storage>;

/** Each backend is loaded when a URL asks for it: most need large libraries. */
const openers: Readonly<Record<string, Opener>> = {
  file: (_url, options, text) => Promise.resolve(openLocal(text, options)),
  'gio+file': (_url, options, text) => Promise.resolve(openLocal(text, options)),
  s3: openS3,
  's3+http': openS3,
  'boto3+s3': openS3,
  sftp: openSftp,
  scp: openSftp,
  ssh: openSftp,
  'paramiko+sftp': openSftp,
  'paramiko+scp': openSftp,
  'pexpect+sftp': openSftp,
  'pexpect+scp': openSftp,
  webdav: openWebdav,
  webdavs: openWebdav,
  ftp: openFtp,
  ftps: openFtp,
  rclone: openRclone,
  rsync: openRsync,
  multi: openMulti,
};

/**
 * The storage that a URL (or a plain path) names. Nothing is made by opening it: an absent folder is
 * noticed by `list` and made by the first `write`. Errors: STORAGE_URL, and those of connecting where that
 * is done at once.
 *
 * @example
 * ```js
 * import { openStorage } from 'duplifs';
 *
 * const storage = await openStorage(process.env.BACKUP_URL);
 * const files = await storage.list();
 * console.log(files.some(({ name }) => name.startsWith('duplicity-full.'))); // prints true
 * await storage.close();
 * ```
 */
export async function openStorage(url: string, options: StorageOptions = {}): Promise<Storage> {
  const scheme = schemeOf(url);
  if (withoutPar2(url) !== url) return await openPar2(url, options);
  const opener = Object.hasOwn(openers, scheme) ? openers[scheme] : undefined;
  if (opener === undefined) throw unknownScheme(scheme);
  return await opener(parseStorageUrl(url), options, url);
}

function openLocal(text: string, options: StorageOptions): Storage {
  const root = localPath(text, process.cwd());
  return compose(
    new FolderStorage(new LocalFolder(`file://${root}`, root)),
    { remote: false },
    options,
  );
}

async function openS3(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./s3/index.js')).openS3(url, options);
}

async function openSftp(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./sftp/index.js')).openSftp(url, options);
}

async function openWebdav(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./webdav/index.js')).openWebdav(url, options);
}

async function openFtp(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./ftp/index.js')).openFtp(url, options);
}

async function openRclone(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./rclone/index.js')).openRclone(url, options);
}

async function openRsync(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./rsync/index.js')).openRsync(url, options);
}

async function openPar2(url: string, options: StorageOptions): Promise<Storage> {
  return (await import('./par2/index.js')).openPar2(url, options, openStorage);
}

async function openMulti(url: StorageUrl, options: StorageOptions): Promise<Storage> {
  return (await import('./multi/index.js')).openMulti(url, options, openStorage);
}

function unknownScheme(scheme: string): StorageError {
  return new StorageError('STORAGE_URL', `No storage understands "${scheme}://"`, {
    hint: hintFor(scheme),
  });
}

function hintFor(scheme: string): string {
  const type = Object.hasOwn(rcloneTypes, scheme) ? rcloneTypes[scheme] : undefined;
  if (type !== undefined) {
    return `Make a remote of type "${type}" by "rclone config", and write rclone://remote:path`;
  }
  const gio = Object.hasOwn(gioSchemes, scheme) ? gioSchemes[scheme] : undefined;
  return gio ?? `Use one of ${Object.keys(openers).join(', ')}, or a plain path`;
}
