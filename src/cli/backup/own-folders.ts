/** Folders in the source that the backup itself writes to: with them each backup would hold the one before it. */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { decodeName, DuplifsError, encodeName } from '../../base/index.js';
import { localFolders } from '../../storage/index.js';

const stickyBit = 0o1000;

export interface OwnFolder {
  readonly what: 'the storage' | 'the archive dir' | 'the tempdir';
  /** Below the source. */
  readonly path: string;
}

export interface OwnFolderOptions {
  readonly url: string;
  readonly archiveFolder: string;
  /** As `--tempdir` says. One that others use as well, such as `/tmp`, holds what the backup may be asked for. */
  readonly tempdir: string | undefined;
}

/**
 * Those of the folders that lie in the source, wherever links lead.
 * @throws DuplifsError SOURCE when the source is one of them
 */
export async function ownFoldersIn(
  source: string,
  { url, archiveFolder, tempdir }: OwnFolderOptions,
): Promise<OwnFolder[]> {
  const root = await realPath(source);
  const places: OwnFolder[] = [
    ...(await localFolders(url)).map((path) => ({ what: 'the storage', path }) as const),
    { what: 'the archive dir', path: archiveFolder },
  ];
  if (tempdir !== undefined && !(await isShared(tempdir))) {
    places.push({ what: 'the tempdir', path: tempdir });
  }
  const found: OwnFolder[] = [];
  for (const { what, path } of places) {
    const below = relative(root, await realPath(path));
    if (below === '') {
      throw new DuplifsError('SOURCE', `The source "${source.toWellFormed()}" is ${what} itself`, {
        hint: 'Back up the folder with your files, and give the storage, --archive-dir and --tempdir others',
      });
    }
    if (below === '..' || below.startsWith('../')) continue;
    found.push({ what, path: below });
  }
  return found;
}

/** Whether it is everybody's, as the sticky bit says (Déjà Dup gives `--tempdir=/tmp`); our files have no names there. */
async function isShared(folder: string): Promise<boolean> {
  const stats = await stat(encodeName(resolve(folder))).catch(() => undefined);
  return stats !== undefined && (stats.mode & stickyBit) !== 0;
}

/** Where a path leads; of one that is not there yet, where it will be made. */
async function realPath(path: string): Promise<string> {
  const full = resolve(path);
  try {
    return decodeName(await realpath(encodeName(full), 'buffer'));
  } catch {
    const above = dirname(full);
    return above === full ? full : join(await realPath(above), basename(full));
  }
}
