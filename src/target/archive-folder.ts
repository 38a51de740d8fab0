import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { wholePathUrl } from '../storage/index.js';

export interface ArchiveFolderOptions {
  /** The archive dir, which holds a folder for each target; undefined for the user's cache. */
  readonly archiveDir?: string | undefined;
  /** What the target's folder is called instead of a hash of the URL (`--name`). */
  readonly name?: string | undefined;
}

/**
 * The target's own folder in the archive dir, laid out as duplicity does it (docs/format/1-bytes.md 1.4), but that a target by
 * a path that begins at the current folder is called by its whole path: another one of that name is another target.
 */
export function archiveFolderFor(
  url: string,
  { archiveDir, name }: ArchiveFolderOptions = {},
): string {
  const cache = process.env['XDG_CACHE_HOME'];
  const parent =
    archiveDir === undefined
      ? join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'duplifs')
      : resolve(archiveDir);
  return join(
    parent,
    name ?? createHash('md5').update(wholePathUrl(url, process.cwd())).digest('hex'),
  );
}
