/** The manifest in the making, which duplicity reads and writes as well. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest } from '../../archive/index.js';
import type { Manifest } from '../../archive/index.js';
import { isDuplifsError } from '../../base/index.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';

/** Undefined when there is none that can be read, or no volume in it. */
export async function readManifestPart(
  plan: Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>,
): Promise<Manifest | undefined> {
  const path = join(plan.archiveFolder, localNames(plan).manifestPart);
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  // the last record may have been cut off
  for (const end of [bytes.length, bytes.lastIndexOf('\nVolume ') + 1]) {
    try {
      const manifest = parseManifest(bytes.subarray(0, end), path, { fileList: false });
      if (manifest.volumes.length > 0) return manifest;
    } catch (error) {
      if (!isDuplifsError(error, 'DAMAGED')) throw error;
    }
  }
  return undefined;
}
