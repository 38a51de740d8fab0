/**
 * The URLs of targets that commands have worked on: the archive dir names its folders by hashes of URLs, from which none can
 * be had back. So each folder gets a note of its own for completion. Passwords are never in it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../base/index.js';
import { isLocalUrl, isStorageUrl, localPath, publicUrl } from '../../storage/index.js';
import { personality } from '../personality.js';

const noteName = 'duplifs-target.json';

export interface NotedTarget {
  readonly url: string;
  /** The target's folder in the archive dir. */
  readonly folder: string;
}

/** Notes the URL beside what else is kept of the target. Where it cannot be noted it is not. */
export async function noteTarget(url: string, folder: string): Promise<void> {
  if (personality().isDuplicity) return;
  const text = `${JSON.stringify({ url: wholeUrl(url) })}\n`;
  const path = join(folder, noteName);
  try {
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before === text) return;
    await replaceFile(path, text);
  } catch {
    // there is no folder, no room, no right
  }
}

/** All that an archive dir has notes of. */
export async function notedTargets(archiveDir: string): Promise<readonly NotedTarget[]> {
  const names = await readdir(archiveDir).catch(() => []);
  const found = await Promise.all(names.map(async (name) => await noted(join(archiveDir, name))));
  return found.filter((one) => one !== undefined);
}

async function noted(folder: string): Promise<NotedTarget | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(join(folder, noteName), 'utf8'));
    if (typeof note !== 'object' || note === null || !('url' in note)) return undefined;
    return typeof note.url === 'string' ? { url: note.url, folder } : undefined;
  } catch {
    return undefined;
  }
}

/** A plain path means another place in another folder. */
function wholeUrl(url: string): string {
  if (!isLocalUrl(url) || isStorageUrl(url)) return publicUrl(url);
  return localPath(url, process.cwd());
}
