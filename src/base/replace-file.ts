import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { diskErrorCode } from './local-failure.js';

/** A process that has not written its few bytes after this was killed. */
const staleMilliseconds = 3000;
const waitMilliseconds = 20;

/**
 * Gives a file a new content, wholly or not at all, for its owner's eyes only. Processes that do so at once wait for each
 * other. What a killed process leaves is the path with `.new` behind it.
 *
 * Not write-file-atomic: it takes a short write on a full disk for a whole one, and ends the process at Ctrl-C.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.new`;
  for (;;) {
    try {
      await writeFile(temporary, content, { mode: 0o600, flush: true, flag: 'wx' });
      break;
    } catch (error) {
      if (diskErrorCode(error) !== 'EEXIST') {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      if (await isStale(temporary)) await rm(temporary, { force: true });
      else await setTimeout(waitMilliseconds);
    }
  }
  await rename(temporary, path);
}

async function isStale(path: string): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    // in the future: a clock was set, and nobody can tell
    return age > staleMilliseconds || age < -staleMilliseconds;
  } catch (error) {
    if (diskErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
