import { rename, writeFile } from 'node:fs/promises';

/**
 * Gives a file a new content, wholly or not at all, for its owner's eyes only. What a killed process leaves is the path
 * with `.new` behind it.
 *
 * Not write-file-atomic: it takes a short write on a full disk for a whole one, and ends the process at Ctrl-C.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, content, { mode: 0o600, flush: true });
  await rename(temporary, path);
}
