import { opendir } from 'node:fs/promises';
import type { Manifest } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import { previousTree } from '../../signatures/index.js';
import { systemPath } from '../../source/index.js';
import type { ChainBase, Target } from '../../target/index.js';
import type { BackupOptions } from '../options.js';

const advice =
  'You may be backing up two sources to one target; if this is no mistake, give --allow-source-mismatch';

/** Refuses to continue the chain of another machine or folder (docs/format/1-bytes.md 3.4). */
export function checkSource(manifest: Manifest, hostname: string, localDir: string): void {
  const { hostname: host, localDir: folder } = manifest;
  if (host !== undefined && firstLabel(host) !== firstLabel(hostname)) {
    throw new DuplifsError(
      'SOURCE_HOST_CHANGED',
      `The backup is of the host "${host}", and this is "${hostname}"`,
      { hint: advice },
    );
  }
  if (folder !== undefined && folder !== localDir) {
    throw new DuplifsError(
      'SOURCE_PATH_CHANGED',
      `The backup is of "${folder}", and the source is "${localDir}"`,
      { hint: advice },
    );
  }
}

/** So many entries, besides the folder itself, are more than somebody removes without a thought. */
const fewEntries = 10;

/**
 * Refuses a source that is an empty folder where the last set has many entries, or warns of it: a disk is not mounted.
 * @throws DuplifsError SOURCE
 */
export async function checkNotEmptied(
  target: Target,
  base: ChainBase,
  { source, emptySource, report }: Pick<BackupOptions, 'source' | 'emptySource' | 'report'>,
): Promise<void> {
  if (emptySource === 'allow' || !(await isEmptyFolder(source))) return;
  let entries = 0;
  for await (const batch of previousTree(target, base)) {
    entries += batch.length;
    if (entries > fewEntries) break;
  }
  if (entries <= fewEntries) return;
  if (emptySource === 'warn') {
    report({ level: 'warning', code: 'source-emptied', source });
    return;
  }
  throw new DuplifsError(
    'SOURCE',
    `The source "${source.toWellFormed()}" is empty, and the last backup of it is not`,
    { hint: 'Is its disk mounted? If it is to be empty, give --allow-empty-source' },
  );
}

async function isEmptyFolder(path: string): Promise<boolean> {
  try {
    const folder = await opendir(systemPath(path));
    try {
      return (await folder.read()) === null;
    } finally {
      await folder.close();
    }
  } catch {
    return false; // the walk says what is wrong with it
  }
}

/** A host is known by its short name and by its full one. */
function firstLabel(host: string): string {
  return host.split('.')[0] ?? host;
}
