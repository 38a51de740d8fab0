import { lstat, readlink, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { decodeName, DuplifsError, errorText } from '../../base/index.js';
import { systemPath } from './source-path.js';

/**
 * The stats of the source itself.
 * @throws DuplifsError SOURCE when it is not there, or is a symbolic link that is not to be followed:
 *   duplicity would store the link alone, which nobody wants
 */
export async function readRoot(source: string, copyLinks: boolean): Promise<Stats> {
  const shown = source.toWellFormed();
  const path = systemPath(source);
  try {
    const stats = await (copyLinks ? stat : lstat)(path);
    if (!stats.isSymbolicLink()) return stats;
    const target = decodeName(await readlink(path, 'buffer')).toWellFormed();
    throw new DuplifsError('SOURCE', `The source "${shown}" is a symbolic link to "${target}"`, {
      hint: `Put a slash behind it, give "${target}" as the source, or add --copy-links`,
    });
  } catch (error) {
    if (error instanceof DuplifsError) throw error;
    throw new DuplifsError('SOURCE', `The source "${shown}" cannot be read: ${errorText(error)}`, {
      cause: error,
    });
  }
}
