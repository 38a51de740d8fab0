import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { HELPERS, NO_DESCRIPTORS, NO_HELPER } from './attach.js';
import { canReceiveDescriptors } from './descriptor-passing.js';
import { isSupported, NO_PIPES } from './device.js';
import { searchPath } from '../run.js';

/** Why the kernel engine cannot run here, for one line of log; undefined where it can. */
export async function kernelEngineObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'It runs on Linux only';
  if (!isSupported()) return NO_PIPES;
  if (process.getuid?.() === 0) return undefined;
  if (!(await canReceiveDescriptors())) return NO_DESCRIPTORS;
  const found = await Promise.all(HELPERS.map(isInstalled));
  return found.includes(true) ? undefined : NO_HELPER;
}

async function isInstalled(program: string): Promise<boolean> {
  for (const folder of searchPath().split(':')) {
    if (folder === '') continue;
    const there = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return true;
  }
  return false;
}
