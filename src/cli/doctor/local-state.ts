/** Checks of what duplifs keeps on this machine: the archive dir, room for the caches, locks. */
import { mkdir, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { errorText } from '../../base/index.js';
import { archiveFolderOf } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { formatSize } from '../progress-line.js';
import { failed, ok, warning } from './check.js';
import type { Finding } from './check.js';

export async function checkArchiveFolder(url: string, options: CommonOptions): Promise<Finding> {
  const folder = archiveFolderOf(url, options);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = await stat(folder);
    if ((mode & 0o077) !== 0) {
      return warning(
        'archive dir',
        `Others may read "${folder}", which holds the names of all files`,
        `Run: chmod -R go= "${folder}"`,
      );
    }
    if (process.getuid !== undefined && uid !== process.getuid()) {
      return warning('archive dir', `"${folder}" belongs to user ${uid}`, 'Run as that user');
    }
    return ok('archive dir', `"${folder}" is there and private`);
  } catch (error) {
    return failed(
      'archive dir',
      `"${folder}" cannot be used: ${errorText(error)}`,
      'Choose another with --archive-dir',
    );
  }
}

/** Room for the cache of decoded volumes and for the catalog. */
export async function checkSpace(url: string, options: CommonOptions): Promise<Finding[]> {
  const places = [
    { what: 'tempdir', folder: options.tempdir ?? tmpdir(), wanted: options.cacheSize },
    { what: 'archive dir', folder: archiveFolderOf(url, options), wanted: 100 * 2 ** 20 },
  ];
  return Promise.all(
    places.map(async ({ what, folder, wanted }) => {
      const free = await freeBytes(folder);
      const message = `${formatSize(free)} free for the ${what} in "${folder}"`;
      return free >= wanted
        ? ok('free space', message)
        : warning(
            'free space',
            `Only ${message}, ${formatSize(wanted)} may be used`,
            what === 'tempdir' ? 'Choose a smaller --cache-size or another --tempdir' : 'Make room',
          );
    }),
  );
}

/** Free bytes at a path that may not exist yet. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder) throw error;
    return freeBytes(parent);
  }
}
