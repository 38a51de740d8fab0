/** Files that nobody else may read. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DuplifsError, diskErrorCode, errorText } from '../../base/index.js';

/**
 * Writes a file for its owner's eyes only, wholly or not at all, and on the disk when it resolves. What is there stays
 * unless `force` is given.
 * @throws DuplifsError TARGET when it is there, or cannot be written
 */
export async function writePrivateFile(
  path: string,
  bytes: Uint8Array,
  force: boolean,
): Promise<void> {
  // a link or a file with other readers is replaced, and never written through
  const temporary = force
    ? join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
    : path;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    if (force) await rename(temporary, path);
  } catch (error) {
    if (force) await rm(temporary, { force: true }).catch(() => undefined);
    if (!force && diskErrorCode(error) === 'EEXIST') {
      throw new DuplifsError('TARGET', `"${path}" is there already`, {
        hint: 'Choose another name, or replace it with --force',
      });
    }
    throw new DuplifsError('TARGET', `Cannot write "${path}": ${errorText(error)}`, {
      cause: error,
    });
  }
}
