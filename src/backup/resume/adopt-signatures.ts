/** What the sigtar that duplicity was writing has of the volumes that are kept. */
import { formatFileChange } from '../../archive/index.js';
import type { SigtarEntry } from '../../archive/index.js';
import { comparePaths } from '../../base/index.js';
import type { PreviousEntry } from '../../signatures/index.js';
import { PathTypes } from '../../signatures/index.js';
import type { SetPlan } from '../plan/set-plan.js';
import { signaturePartEntries } from './signature-part.js';

export interface AdoptedSignatures {
  /** Bytes of the part that are kept. */
  readonly length: number;
  /** The last path that is wholly in the volumes. */
  readonly position: string | null;
  /** The lines of the manifest's list of files. */
  readonly fileList: readonly Buffer[];
}

/**
 * Finds the entries up to the path, or before it when it is of a file that is `cut` by the volume's end. Undefined
 * when they are not all there: the part is flushed after each volume, and may end anywhere.
 */
export async function adoptSignatures(
  plan: SetPlan,
  path: string,
  cut: boolean,
  previous: () => AsyncIterable<readonly PreviousEntry[]>,
): Promise<AdoptedSignatures | undefined> {
  const before = plan.listsFiles ? new PathTypes(previous()) : undefined;
  const fileList: Buffer[] = [];
  let length = 0;
  let position: string | null = null;
  try {
    for await (const { entry, end } of signaturePartEntries(plan)) {
      const order = comparePaths(entry.path, path);
      if (order > 0 || (order === 0 && cut)) break;
      if (position !== null && comparePaths(position, entry.path) >= 0) return undefined;
      const change = before && changeOf(entry, await before.typeOf(entry.path));
      if (change !== undefined) fileList.push(formatFileChange({ change, path: entry.path }));
      length = end;
      position = entry.path;
    }
  } finally {
    await before?.close();
  }
  if (cut ? position === null : position !== path) return undefined;
  return { length, position, fileList };
}

function changeOf(
  entry: SigtarEntry,
  typeBefore: PreviousEntry['type'] | undefined,
): 'new' | 'changed' | 'deleted' | undefined {
  if (entry.kind === 'deleted') return typeBefore === 'reg' ? 'deleted' : undefined;
  if (entry.kind !== 'signature') return undefined;
  return typeBefore === 'reg' ? 'changed' : 'new';
}
