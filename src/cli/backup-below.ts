/** A URL that names a folder too high up: the backup lies in a folder of that folder. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFileName } from '../archive/index.js';
import type { NamePrefixes } from '../archive/index.js';
import { DuplifsError } from '../base/index.js';
import { isLocalUrl, localPath } from '../storage/index.js';

/** More would take long, and would not be read. */
const mostFolders = 1000;
const mostNamed = 3;

/**
 * What to say where a local folder holds no backup and a folder in it does; undefined where none does, or the storage is
 * not local.
 */
export async function backupBelow(
  url: string,
  prefixes: NamePrefixes,
): Promise<DuplifsError | undefined> {
  if (!isLocalUrl(url)) return undefined;
  const root = localPath(url, process.cwd());
  const found: string[] = [];
  for (const folder of await foldersIn(root)) {
    const names = await readdir(join(root, folder)).catch(() => []);
    if (names.some((name) => parseFileName(name, { prefixes }) !== undefined)) found.push(folder);
    if (found.length === mostNamed) break;
  }
  if (found.length === 0) return undefined;
  const places = found.map((folder) => `"${join(root, folder)}"`).join(', ');
  return new DuplifsError('NO_BACKUP', `There is no backup in "${root}", but one level below`, {
    hint: `Give the folder that it is in: ${places}`,
  });
}

async function foldersIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders.sort().slice(0, mostFolders);
}
